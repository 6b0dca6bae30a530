/** A Trace: what a flow did to some points. Decoded once, then read at any position t in [0, L]. */

import { decodeArrays, inflate, payloadBytes, TraceError, type ArraySpec } from "./wire";

export { TraceError };

export const COLUMNS = ["volume", "decoder", "encoder"] as const;
export type Column = (typeof COLUMNS)[number];
export type SetName = "data" | "model";

export interface LayerMeta {
  title: string;
  action: string;
  kind: "bijection" | "surjection" | "stochastic";
  columns: Column[];
  exact: boolean;
  frames: [number, number];
  cut: boolean;
}

export interface Meta {
  version: number;
  title: string;
  axes: { data: string[]; latent: string[] };
  layers: LayerMeta[];
  frames: number;
  /** The square window of every frame. */
  view: { center: [number, number][]; radius: number[] };
  /** Top of the colour scale, as density in a window of radius 1. */
  top: number;
  cells: number;
  exact: boolean;
  base: string;
  entropy: number | null;
  nll: number | null;
  sets: SetName[];
  audit?: { low: [number, number]; high: [number, number] } | null;
  arrays: ArraySpec[];
}

/** N particles: where they are in each frame, and their ledgers. */
export interface Particles {
  name: SetName;
  count: number;
  points: Float32Array;
  base: Float32Array;
  terms: Float32Array;
}

/** (M+1) x (M+1) corners in each frame, and the mass that each of the M x M cells carries. */
export interface Mesh {
  cells: number;
  corners: Float32Array;
  mass: Float32Array;
}

/** K polylines of P points in each frame. */
export interface Lines {
  count: number;
  points: number;
  xy: Float32Array;
}

/** A plain grid of G x G cells of the data side: base (G, G) and volumes (G, layers, G) at their centres. */
export interface Audit {
  cells: number;
  /** The area of a cell. */
  area: number;
  base: Float32Array;
  terms: Float32Array;
}

export interface Trace {
  meta: Meta;
  sets: Partial<Record<SetName, Particles>>;
  mesh: Mesh | null;
  grids: Partial<Record<"data" | "latent", Lines>>;
  audit: Audit | null;
}

/** Frames a and b with weight w on b: the picture at one moment. */
export interface Moment {
  a: number;
  b: number;
  w: number;
}

/** The window at a moment. */
export function viewAt({ view }: Meta, { a, b, w }: Moment): { center: [number, number]; radius: number } {
  const between = (from: number, to: number) => from + w * (to - from);
  const [p, q] = [view.center[a]!, view.center[b]!];
  return {
    center: [between(p[0], q[0]), between(p[1], q[1])],
    radius: between(view.radius[a]!, view.radius[b]!),
  };
}

export async function decodeTrace(meta: unknown, payload: unknown): Promise<Trace> {
  const checked = checkMeta(meta);
  const arrays = decodeArrays(checked.arrays, await inflate(payloadBytes(payload)));
  return assemble(checked, arrays);
}

function checkMeta(given: unknown): Meta {
  const meta = given as Meta | null;
  if (!meta || typeof meta !== "object" || !Array.isArray(meta.arrays) || !Array.isArray(meta.layers)) {
    throw new TraceError("expected a trace (meta with layers and arrays), got none");
  }
  if (meta.version !== 1) {
    throw new TraceError(`expected a trace of version 1, got version ${meta.version}`);
  }
  checkFrames(meta);
  if (meta.view?.center?.length !== meta.frames || meta.view.radius?.length !== meta.frames) {
    throw new TraceError(`expected a window for each of ${meta.frames} frames`);
  }
  return meta;
}

/** Layers must share their border frames: the end of one is the start of the next. */
function checkFrames({ layers, frames }: Meta): void {
  let start = 0;
  layers.forEach((layer, i) => {
    const [a, b] = layer.frames;
    if (a !== start || b <= a) {
      throw new TraceError(`layer ${i + 1}: expected frames that start at ${start}, got ${a} to ${b}`);
    }
    start = b;
  });
  if (start !== frames - 1) {
    throw new TraceError(`expected ${frames} frames, got layers that end at frame ${start}`);
  }
}

function assemble(meta: Meta, arrays: Map<string, Float32Array>): Trace {
  const take = (name: string, ...shape: number[]) => checkedArray(meta, arrays, name, shape);
  const frames = meta.frames;
  const terms = meta.layers.reduce((n, layer) => n + layer.columns.length, 0);
  const trace: Trace = { meta, sets: {}, mesh: null, grids: {}, audit: null };
  for (const name of meta.sets) {
    const count = specOf(meta, `${name}/base`).shape[0] ?? 0;
    trace.sets[name] = {
      name,
      count,
      points: take(`${name}/points`, frames, count, 2),
      base: take(`${name}/base`, count),
      terms: take(`${name}/terms`, terms, count),
    };
  }
  if (arrays.has("mesh/corners")) {
    const cells = meta.cells;
    const corners = take("mesh/corners", frames, (cells + 1) ** 2, 2);
    trace.mesh = { cells, corners, mass: take("mesh/mass", cells * cells) };
  }
  for (const side of ["data", "latent"] as const) {
    if (!arrays.has(`grid/${side}`)) continue;
    const [, count = 0, points = 0] = specOf(meta, `grid/${side}`).shape;
    trace.grids[side] = { count, points, xy: take(`grid/${side}`, frames, count, points, 2) };
  }
  if (meta.audit) {
    const { low, high } = meta.audit;
    const cells = specOf(meta, "audit/base").shape[0] ?? 0;
    trace.audit = {
      cells,
      area: ((high[0] - low[0]) * (high[1] - low[1])) / cells ** 2,
      base: take("audit/base", cells, cells),
      terms: take("audit/terms", cells, meta.layers.length, cells),
    };
  }
  if (!trace.sets.data && !trace.sets.model) {
    throw new TraceError("expected particles (sets data or model), got neither");
  }
  return trace;
}

function specOf(meta: Meta, name: string): ArraySpec {
  const spec = meta.arrays.find((array) => array.name === name);
  if (!spec) throw new TraceError(`expected an array ${name}, got none`);
  return spec;
}

function checkedArray(
  meta: Meta,
  arrays: Map<string, Float32Array>,
  name: string,
  shape: number[],
): Float32Array {
  const given = specOf(meta, name).shape;
  if (given.length !== shape.length || given.some((n, i) => n !== shape[i])) {
    throw new TraceError(`array ${name}: expected shape ${shape.join(" × ")}, got ${given.join(" × ")}`);
  }
  return arrays.get(name)!;
}

/** t = l + tau: layer l is a fraction tau done. A cut holds its first frame until it is done. */
export function momentAt(layers: LayerMeta[], t: number): Moment {
  if (layers.length === 0) return { a: 0, b: 0, w: 0 };
  const l = Math.min(Math.floor(t), layers.length - 1);
  const { frames, cut } = layers[l]!;
  const [first, last] = frames;
  if (t - l >= 1) return { a: last, b: last, w: 0 };
  if (cut || t <= l) return { a: first, b: first, w: 0 };
  const frame = first + (t - l) * (last - first);
  const a = Math.min(Math.floor(frame), last - 1);
  return { a, b: a + 1, w: frame - a };
}

/** The frame at a moment, straight between its two neighbours; frames are `size` numbers long. */
export function tween(source: Float32Array, size: number, { a, b, w }: Moment, out: Float32Array): Float32Array {
  const from = a * size;
  if (w === 0) {
    out.set(source.subarray(from, from + size));
    return out;
  }
  const to = b * size;
  for (let i = 0; i < size; i++) {
    const start = source[from + i]!;
    out[i] = start + w * (source[to + i]! - start);
  }
  return out;
}

/** Where particle i is at a moment. */
export function pointAt(set: Particles, i: number, { a, b, w }: Moment): [number, number] {
  const from = 2 * (a * set.count + i);
  const to = 2 * (b * set.count + i);
  const at = (k: number) => set.points[from + k]! * (1 - w) + set.points[to + k]! * w;
  return [at(0), at(1)];
}
