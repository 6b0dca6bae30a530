/**
 * Every text that is seen or heard comes from a table, one a language, which the Python half hands
 * over as the trait `texts` (flowviz/widgets/texts): a translation needs no new module.
 */

import type { Model } from "./afm";

/** The text of a key; "{name}" in it stands for a value, and stays where there is none. A missing
 * key is shown as it is. */
export type Say = (key: string, values?: Record<string, string | number>) => string;

export function strings(texts: Record<string, string>): Say {
  return (key, values = {}) => (texts[key] ?? key).replace(/\{(\w+)\}/g, (place, name: string) => String(values[name] ?? place));
}

/** The texts of a model, as they stand. */
export function stringsOf(model: Model): Say {
  return strings(model.get<Record<string, string>>("texts") ?? {});
}
