/** Texts of the kinds' cards: English as they are, other languages under "~" and the English. */

import type { Say } from "../shared/strings";

export function told(t: Say, text: string): string {
  const key = `~${text}`;
  const found = t(key);
  return found === key ? text : found;
}
