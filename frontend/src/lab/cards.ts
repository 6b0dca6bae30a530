/** The cards of all kinds, which the Python half hands over: handles, titles, equations. */

import type { Model } from "../shared/afm";
import type { Lines } from "./formulas";
import type { Kind } from "./maths/kind";
import { kindsFrom, type Card } from "./maths/kinds";

type Cards = Record<string, Card & { formula?: Lines }>;

const KINDS = new WeakMap<object, Record<string, Kind>>();

/** The kinds of a model's cards, built once. */
export function kindsOf(model: Model): Record<string, Kind> {
  const cards = model.get<Cards | undefined>("cards") ?? {};
  if (!KINDS.has(cards)) KINDS.set(cards, kindsFrom(cards));
  return KINDS.get(cards)!;
}

export function linesOf(model: Model, name: string): Lines | undefined {
  return model.get<Cards>("cards")[name]?.formula;
}
