/** A made-up flow with known answers: scale, turn, shear, swap (a cut). No torch. */

import type { Column, LayerMeta, Meta } from "../src/shared/trace";
import { encode, type Plain } from "./encode";

type Point = [number, number];

interface FixtureLayer {
  title: string;
  action: string;
  steps: number;
  cut?: boolean;
  kind?: LayerMeta["kind"];
  columns?: Column[];
  path(p: Point, tau: number): Point;
  inverse(p: Point): Point;
  terms(p: Point): number[];
}

const scale: FixtureLayer = {
  title: "scaling",
  action: "x₁ and x₂ are stretched, each by its own factor",
  steps: 1,
  path: ([x, y], tau) => [x * (1 + tau * 0.6), y * (1 - tau * 0.25)],
  inverse: ([x, y]) => [x / 1.6, y / 0.75],
  terms: () => [Math.log(1.6 * 0.75)],
};

const turn: FixtureLayer = {
  title: "rotation",
  action: "the plane turns by a right angle",
  steps: 12,
  path: ([x, y], tau) => {
    const [c, s] = [Math.cos((tau * Math.PI) / 2), Math.sin((tau * Math.PI) / 2)];
    return [c * x - s * y, s * x + c * y];
  },
  inverse: ([x, y]) => [y, -x],
  terms: () => [0],
};

const bend = (x: number) => 1.1 * Math.sin(1.4 * x) - 0.2 * x;
const stretch = (x: number) => 0.5 * Math.tanh(x);
const coupling: FixtureLayer = {
  title: "affine coupling",
  action: "x₁ stays; x₂ is stretched and shifted as x₁ says",
  steps: 6,
  path: ([x, y], tau) => [x, y * Math.exp(tau * stretch(x)) + tau * bend(x)],
  inverse: ([x, y]) => [x, (y - bend(x)) * Math.exp(-stretch(x))],
  terms: ([x]) => [stretch(x)],
};

const swap: FixtureLayer = {
  title: "swap",
  action: "x₁ and x₂ change names",
  steps: 1,
  cut: true,
  path: ([x, y], tau) => (tau < 1 ? [x, y] : [y, x]),
  inverse: ([x, y]) => [y, x],
  terms: () => [0],
};

/** A layer whose figures are made up, to show all three columns. */
const noisy: FixtureLayer = {
  title: "variational dequantization with a long name",
  action: "noise is added and fitted by a second flow",
  steps: 1,
  kind: "stochastic",
  columns: ["volume", "decoder", "encoder"],
  path: (p) => p,
  inverse: (p) => p,
  terms: ([x, y]) => [0.2 * x, -0.4 - 0.1 * y * y, 0.7],
};

export interface FixtureOptions {
  count?: number;
  cells?: number;
  /** How often the four layers are repeated. */
  repeats?: number;
  mixed?: boolean;
}

export interface Fixture {
  meta: Meta;
  payload: Uint8Array;
  plain: Map<string, Plain>;
}

export function fixture({ count = 1000, cells = 48, repeats = 1, mixed = false }: FixtureOptions = {}): Fixture {
  const round = mixed ? [scale, noisy, turn, coupling] : [scale, turn, coupling, swap];
  const layers = Array.from({ length: repeats }, (_, k) => (k === 0 || k % 4 === 0 ? round : [turn, coupling, turn, turn])).flat();
  const frames = 1 + layers.reduce((n, layer) => n + layer.steps, 0);
  const random = generator(7);
  const latent = (n: number) => Array.from({ length: n }, () => normalPair(random));
  const sets = { data: backwards(layers, latent(count)), model: backwards(layers, latent(count)) };
  const side = cells + 1;
  const levels = Array.from({ length: side }, (_, i) => quantile(0.0005 + (0.999 * i) / cells));
  const corners = backwards(layers, levels.flatMap((y) => levels.map((x): Point => [x, y])));
  const plain = [
    ...(["data", "model"] as const).flatMap((name) => setArrays(name, layers, sets[name], frames)),
    array("mesh/corners", [frames, side * side, 2], forwards(layers, corners), 2, true, true),
    array("mesh/mass", [cells * cells], new Array(cells * cells).fill((0.999 / cells) ** 2), 3, false),
    array("grid/data", [frames, 30, 61, 2], forwards(layers, gridLines()), 2, true, true),
    array("grid/latent", [frames, 30, 61, 2], forwards(layers, backwards(layers, gridLines())), 2, true, true),
  ];
  const { specs, payload } = encode(plain);
  let start = 0;
  const meta: Meta = {
    version: 1,
    title: repeats > 1 ? "Twenty layers, carried to a Gaussian" : "A bent Gaussian, carried to a round one",
    axes: { data: ["x₁", "x₂"], latent: ["z₁", "z₂"] },
    layers: layers.map(({ title, action, steps, cut, kind, columns }) => {
      const first = start;
      start += steps;
      return {
        title, action, kind: kind ?? "bijection", columns: columns ?? ["volume"], exact: !kind,
        frames: [first, start], cut: cut ?? false,
      };
    }),
    frames,
    view: {
      center: Array.from({ length: frames }, () => [0, 0] as [number, number]),
      radius: new Array<number>(frames).fill(3.6),
    },
    top: 2.5,
    cells,
    exact: !mixed,
    base: "standard normal",
    entropy: 2.394,
    nll: 2.42,
    sets: ["data", "model"],
    arrays: specs,
  };
  return { meta, payload, plain: new Map(plain.map((one) => [one.name, one])) };
}

function array(name: string, shape: number[], values: number[], bytes: number, delta: boolean, perChannel = false): Plain {
  return { name, shape, values, bytes, delta, perChannel };
}

function setArrays(name: string, layers: FixtureLayer[], points: Point[], frames: number): Plain[] {
  const n = points.length;
  const rows: number[][] = [];
  let at = points;
  for (const layer of layers) {
    const terms = at.map((p) => layer.terms(p));
    for (let c = 0; c < terms[0]!.length; c++) rows.push(terms.map((term) => term[c]!));
    at = at.map((p) => layer.path(p, 1));
  }
  const base = at.map(([x, y]) => -Math.log(2 * Math.PI) - (x * x + y * y) / 2);
  return [
    array(`${name}/points`, [frames, n, 2], forwards(layers, points), 2, true, true),
    array(`${name}/base`, [n], base, 3, false),
    array(`${name}/terms`, [rows.length, n], rows.flat(), 3, false),
  ];
}

/** All frames of points that start at the data side. */
function forwards(layers: FixtureLayer[], points: Point[]): number[] {
  const values = points.flat();
  let at = points;
  for (const layer of layers) {
    for (let k = 1; k <= layer.steps; k++) {
      for (const p of at) {
        const [x, y] = layer.path(p, k / layer.steps);
        values.push(x, y);
      }
    }
    at = at.map((p) => layer.path(p, 1));
  }
  return values;
}

function backwards(layers: FixtureLayer[], points: Point[]): Point[] {
  return [...layers].reverse().reduce((at, layer) => at.map((p) => layer.inverse(p)), points);
}

function gridLines(): Point[] {
  const lines: Point[] = [];
  for (const flip of [false, true]) {
    for (let k = 0; k < 15; k++) {
      for (let i = 0; i < 61; i++) {
        const [a, b] = [-2.8 + 0.4 * k, -2.8 + (5.6 * i) / 60];
        lines.push(flip ? [b, a] : [a, b]);
      }
    }
  }
  return lines;
}

/** mulberry32 */
export function generator(seed: number): () => number {
  let a = seed;
  return () => {
    a = (a + 0x6d2b79f5) | 0;
    let t = Math.imul(a ^ (a >>> 15), 1 | a);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32;
  };
}

function normalPair(random: () => number): Point {
  const r = Math.sqrt(-2 * Math.log(1 - random()));
  const angle = 2 * Math.PI * random();
  return [r * Math.cos(angle), r * Math.sin(angle)];
}

/** The normal quantile by bisection of the error function's series. */
function quantile(p: number): number {
  let [low, high] = [-6, 6];
  for (let i = 0; i < 60; i++) {
    const mid = (low + high) / 2;
    if (normalCdf(mid) < p) low = mid;
    else high = mid;
  }
  return (low + high) / 2;
}

function normalCdf(x: number): number {
  let [term, sum] = [x, x];
  for (let k = 1; k < 120; k++) {
    term *= (x * x) / (2 * k + 1);
    sum += term;
  }
  return 0.5 + (sum * Math.exp((-x * x) / 2)) / Math.sqrt(2 * Math.PI);
}
