/**
 * What every kind of layer in LayerLab is: handles, and arithmetic on batches of points.
 *
 * x is always on the data side, z on the latent side; batches are row major. The arithmetic of a
 * kind is written for one point (`Point`), with rows that are read and written in place; `mapOf`
 * makes batch functions of it.
 */

import type { Column } from "../../shared/trace";
import type { Base } from "./base";

export type Value = number | number[];
export type Params = Record<string, Value>;
export type Row = Float64Array;
/** What a draw needs: a standard normal number, or one uniform on (0, 1). */
export type Draw = "normal" | "uniform";

export interface Handle {
  name: string;
  label: string;
  about: string;
  min: number;
  max: number;
  step: number;
  start: Value;
  /** How many numbers it holds, where it is a list (a table, knots). */
  size?: number;
  /** Names of the values min, min + 1, ..., where the handle is a choice. */
  choices?: string[];
}

export interface Batch {
  out: Row;
  volume?: Row;
  decoder?: Row;
  encoder?: Row;
}

export interface Kind {
  name: string;
  title: string;
  kind: "bijection" | "surjection" | "stochastic";
  dataDim: number;
  latentDim: number;
  columns: Column[];
  exact: boolean;
  /** The base that fits its latent space; `Map.base` where that depends on the parameters. */
  base: Base;
  handles: Handle[];
  /** Handles that are not read, by the value of the kind's choice. */
  idle?: string[][];
  defaults: Params;
  /** Throws an Error that says what was expected and given where the parameters make no layer. */
  prepare(params: Params): Map;
}

/** The value of the one choice that a kind may have; 0 without one. */
export function choiceOf(kind: Kind, params: Params): number {
  const one = kind.handles.find(({ choices }) => choices);
  return one ? Number(params[one.name]) - one.min : 0;
}

/** The handles that these parameters leave unread. */
export function idle(kind: Kind, params: Params): string[] {
  return kind.idle?.[choiceOf(kind, params)] ?? [];
}

export interface Map {
  dataDim: number;
  latentDim: number;
  columns: Column[];
  /** The base that fits the latent space. */
  base: Base;
  /** True where no invertible path joins the identity to the map: a relabelling. */
  cut: boolean;
  /** The draws that a point wants, in order; none where the direction draws nothing. */
  noise: { forward: Draw[]; inverse: Draw[] };
  /** x -> z. Without noise: the mean, as mode="mean" of the PyTorch layer. */
  forward(x: Row, n: number, noise?: Row): Batch;
  inverse(z: Row, n: number, noise?: Row): Batch;
  /** The account of given pairs; `out` is z. */
  terms(x: Row, z: Row, n: number): Batch;
  /** The layer's own path, n rows of max(dataDim, latentDim) numbers, padded with zeros. */
  path(x: Row, n: number, tau: number): Row;
  /** dz/dx, row major, n rows of 4; bijections of the plane, and folds where they are smooth. */
  jacobian?(x: Row, n: number): Row;
  facts: Record<string, number | number[] | boolean>;
  /**
   * log p(x) itself, in closed form, where forward draws noise and the account is only a bound.
   * Weighted draws do not always come to it: with uniform noise what lies beyond it stays lost.
   */
  truth?(x: ArrayLike<number>): number;
  /** tile: the copies of one pair, tile by tile. */
  stages?(x: Row, z: Row): number[];
  /** residual: where the steps x <- z - g(x) of the inverse go, from x = z on, for one z. */
  orbit?(z: Row, steps: number): Row[];
  /** residual: the terms (-1)^(k+1) tr(J^k) / k at one x; their sum is to be log det(I + J). */
  series?(x: Row, count: number): number[];
}

/** A kind's arithmetic at one point. `e` holds its draws; without it the mean is wanted. */
export interface Point {
  to(x: Row, z: Row, e?: Row): void;
  back(z: Row, x: Row, e?: Row): void;
  /** Writes volume, decoder and encoder of the pair to t[0], t[1], t[2], those that it has. */
  account(x: Row, z: Row, t: Row): void;
  path?(x: Row, out: Row, tau: number): void;
  slope?(x: Row, out: Row): void;
  draws?: { forward?: Draw[]; inverse?: Draw[] };
  base?: Base;
  cut?: boolean;
  facts?: Map["facts"];
  truth?: Map["truth"];
  stages?: Map["stages"];
  orbit?: Map["orbit"];
  series?: Map["series"];
}

const COLUMN = { volume: 0, decoder: 1, encoder: 2 };

export interface Sides {
  dataDim: number;
  latentDim: number;
  columns: Column[];
}

export function mapOf(point: Point, sides: Sides, base: Base): Map {
  const { dataDim: d, latentDim: l, columns } = sides;
  const room = Math.max(d, l);
  const noise = { forward: [], inverse: [], ...point.draws };
  const [x, z, t] = [new Float64Array(room), new Float64Array(room), new Float64Array(3)];

  const walk = (
    from: Row, n: number, start: Row, end: Row, width: number, draws: Row | undefined, each: number,
    step: Point["to"],
  ): Batch => {
    const batch: Batch = { out: new Float64Array(n * width) };
    for (const c of columns) batch[c] = new Float64Array(n);
    const wide = from.length / (n || 1);
    for (let i = 0; i < n; i++) {
      for (let k = 0; k < wide; k++) start[k] = from[i * wide + k]!;
      step(start, end, each ? draws?.subarray(i * each, (i + 1) * each) : undefined);
      for (let k = 0; k < width; k++) batch.out[i * width + k] = end[k]!;
      point.account(x, z, t);
      for (const c of columns) batch[c]![i] = t[COLUMN[c]]!;
    }
    return batch;
  };

  const straight = (row: Row, out: Row, tau: number): void => {
    point.to(row, z);
    for (let k = 0; k < room; k++) {
      const start = k < d ? row[k]! : 0;
      out[k] = start + tau * ((k < l ? z[k]! : 0) - start);
    }
  };
  const each = (from: Row, n: number, width: number, step: (row: Row, out: Row) => void): Row => {
    const all = new Float64Array(n * width);
    for (let i = 0; i < n; i++) {
      for (let k = 0; k < d; k++) x[k] = from[i * d + k]!;
      step(x, all.subarray(i * width, (i + 1) * width));
    }
    return all;
  };

  return {
    ...sides,
    base: point.base ?? base,
    cut: point.cut ?? false,
    noise,
    facts: point.facts ?? {},
    forward: (from, n, draws) => walk(from, n, x, z, l, draws, noise.forward.length, point.to),
    inverse: (from, n, draws) => walk(from, n, z, x, d, draws, noise.inverse.length, point.back),
    terms: (from, to, n) => {
      let i = 0;
      const put = (_: Row, end: Row): void => {
        for (let k = 0; k < l; k++) end[k] = to[i * l + k]!;
        i++;
      };
      return walk(from, n, x, z, l, undefined, 0, put);
    },
    path: (from, n, tau) => each(from, n, room, (row, out) => (point.path ?? straight)(row, out, tau)),
    truth: point.truth,
    stages: point.stages,
    orbit: point.orbit,
    series: point.series,
    jacobian: point.slope && ((from, n) => each(from, n, 4, point.slope!)),
  };
}

/** A bijection, whose volume is its whole account. */
export function bijection(
  parts: Omit<Point, "account"> & { volume(x: Row): number },
): Point {
  return { ...parts, account: (x, _, t) => void (t[0] = parts.volume(x)) };
}

/** A number of the parameters; throws where there is none. */
export function num(params: Params, name: string): number {
  const value = params[name];
  if (typeof value !== "number" || !Number.isFinite(value)) {
    throw new Error(`${name}: expected a finite number, got ${JSON.stringify(value)}`);
  }
  return value;
}

/** A list of numbers, of a given length if there is one. */
export function list(params: Params, name: string, length?: number): number[] {
  const value = params[name];
  const good = Array.isArray(value) && value.every(Number.isFinite);
  if (!good || (length !== undefined && value.length !== length)) {
    const many = length === undefined ? "finite numbers" : `${length} finite numbers`;
    throw new Error(`${name}: expected ${many}, got ${JSON.stringify(value)}`);
  }
  return value;
}
