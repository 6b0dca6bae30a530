/** All kinds of layer that LayerLab knows. Their cards (titles, handles, texts) are Python's, too. */

import cards from "../../../../flowviz/widgets/kinds/cards.json";
import type { Base } from "./base";
import * as elementwise from "./elementwise";
import { type Handle, type Kind, mapOf, type Params, type Point, type Value } from "./kind";
import * as linear from "./linear";

export { type Base, logBase } from "./base";
export type { Batch, Draw, Handle, Kind, Map, Params, Row, Value } from "./kind";

type HandleRow = [string, string, string, number, number, number, Value, string[]?];

interface Card {
  title: string;
  kind: Kind["kind"];
  dims: [number, number];
  columns: Kind["columns"];
  exact: boolean;
  base: Base;
  handles: HandleRow[];
  extra?: Params;
}

const ARITHMETIC: Record<string, (params: Params) => Point> = {
  affine: linear.affine,
  actnorm: linear.actnorm,
  shear: linear.shear,
  rotation: linear.rotation,
  cayley: linear.cayley,
  householder: linear.householder,
  lu: linear.lu,
  leakyrelu: elementwise.leakyrelu,
  flowified22: linear.flowified22,
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
  return { ...rest, ...sides, name, handles, defaults, prepare };
}

export const KINDS: Record<string, Kind> = Object.fromEntries(
  Object.entries(cards as unknown as Record<string, Card>).map(([name, card]) => [name, kindOf(name, card)]),
);
