/** All kinds of layer that LayerLab knows. Their cards (titles, handles, texts) are Python's, too. */

import cards from "../../../../flowviz/widgets/kinds/cards.json";
import type { Base } from "./base";
import { KINDS as bends } from "./bends";
import { KINDS as conditioned } from "./conditioned";
import { KINDS as elementwise } from "./elementwise";
import { type Handle, type Kind, mapOf, type Params, type Point, type Value } from "./kind";
import { KINDS as linear } from "./linear";
import { ode } from "./ode";
import { residual } from "./residual";
import { KINDS as stochastic } from "./stochastic";
import { KINDS as surjections } from "./surjections";

export { type Base, logBase } from "./base";
export type { Batch, Draw, Handle, Kind, Map, Params, Row, Value } from "./kind";

type HandleRow = [string, string, string, number, number, number, Value, string[]?];

export interface Card {
  title: string;
  kind: Kind["kind"];
  dims: [number, number];
  columns: Kind["columns"];
  base: Base;
  handles: HandleRow[];
  idle?: string[][];
  extra?: Params;
}

/** What cards leave out. */
const USUAL = { kind: "bijection", dims: [2, 2], columns: ["volume"], base: "normal" };

/** By the kind's name. */
const ARITHMETIC: Record<string, (params: Params) => Point> = {
  ...linear,
  ...elementwise,
  ...bends,
  ...conditioned,
  residual,
  ode,
  ...surjections,
  ...stochastic,
};

function handleOf([name, label, about, min, max, step, start, choices]: HandleRow): Handle {
  const size = Array.isArray(start) && { size: start.length };
  return { name, label, about, min, max, step, start, ...size, ...(choices && { choices }) };
}

function kindOf(name: string, card: Card): Kind {
  const { dims, handles: rows, extra, ...rest } = card;
  const handles = rows.map(handleOf);
  const sides = { dataDim: dims[0], latentDim: dims[1], columns: card.columns };
  const defaults = { ...extra, ...Object.fromEntries(handles.map((h) => [h.name, h.start])) };
  const prepare: Kind["prepare"] = (params) =>
    mapOf(ARITHMETIC[name]!({ ...defaults, ...params }), sides, card.base);
  return { ...rest, ...sides, exact: card.kind !== "stochastic", name, handles, defaults, prepare };
}

export function kindsFrom(table: Record<string, Card>): Record<string, Kind> {
  return Object.fromEntries(Object.entries(table).map(([name, card]) => [name, kindOf(name, { ...USUAL, ...card })]));
}

/** Widgets get their cards from Python, and leave these out. */
export const KINDS = /* @__PURE__ */ kindsFrom(cards as unknown as Record<string, Card>);
