/** Small networks with their Jacobian in the plane, and the two layers that are made of one. */

import { bijection, list, num, type Params, type Point, type Row } from "./kind";

/** One linear layer, out x in, row major. */
interface Linear {
  weight: number[];
  bias: number[];
}

/** Value and slope of an activation of hidden layer k. */
type Activation = (v: number, k: number) => [number, number];

/** `net` holds weight and bias of every layer in turn, then `extras`; `sizes` the layers' widths. */
function read(p: Params): { layers: Linear[]; hidden: number[]; extras: number[] } {
  const [sizes, flat] = [list(p, "sizes"), list(p, "net")];
  if (sizes.length < 3 || sizes[0] !== 2 || sizes.at(-1) !== 2) {
    throw new Error(`sizes: expected a net from 2 to 2 with a hidden layer, got ${sizes}`);
  }
  let at = 0;
  const take = (n: number): number[] => flat.slice(at, (at += n));
  const layers = sizes.slice(1).map((out, k) => ({ weight: take(out * sizes[k]!), bias: take(out) }));
  if (at > flat.length) throw new Error(`net: expected at least ${at} numbers, got ${flat.length}`);
  return { layers, hidden: sizes.slice(1, -1), extras: flat.slice(at) };
}

/** Writes f(x) to out[0..1] and, where wanted, its Jacobian, row major, to out[2..5]. */
type Field = (x: ArrayLike<number>, out: Row, derive: boolean, t?: number) => void;

function field(layers: Linear[], activate: Activation, pace?: number[]): Field {
  const last = layers.length - 1;
  const rows = layers.map(({ bias }) => [0, 1, 2].map(() => new Float64Array(bias.length)));
  return (x, out, derive, t = 0) => {
    let below: ArrayLike<number>[] = [x, [1, 0], [0, 1]];
    layers.forEach(({ weight, bias }, k) => {
      const width = weight.length / bias.length;
      for (let j = 0; j < bias.length; j++) {
        let v = bias[j]! + (pace && k === 0 ? t * pace[j]! : 0);
        let [a, b] = [0, 0];
        for (let i = 0; i < width; i++) {
          const w = weight[j * width + i]!;
          v += w * below[0]![i]!;
          if (derive) {
            a += w * below[1]![i]!;
            b += w * below[2]![i]!;
          }
        }
        const [value, rate] = k < last ? activate(v, k) : [v, 1];
        rows[k]![0]![j] = value;
        rows[k]![1]![j] = rate * a;
        rows[k]![2]![j] = rate * b;
      }
      below = rows[k]!;
    });
    const [f, a, b] = below as [Row, Row, Row];
    out.set([f[0]!, f[1]!, a[0]!, b[0]!, a[1]!, b[1]!]);
  };
}

/** The largest singular value: squaring W^T W leaves its leading eigenvectors. */
function spectralNorm(weight: number[], rows: number): number {
  const n = weight.length / rows;
  const times = (a: number[], b: number[], inner: number, at: (i: number, k: number) => number): number[] =>
    Array.from({ length: n * n }, (_, e) => {
      let sum = 0;
      for (let k = 0; k < inner; k++) sum += a[at(Math.floor(e / n), k)]! * b[k * n + (e % n)]!;
      return sum;
    });
  const trace = (m: number[]): number => m.reduce((sum, v, e) => sum + (e % (n + 1) ? 0 : v), 0);
  const gram = times(weight, weight, rows, (i, k) => k * n + i);
  const size = trace(gram);
  if (!size) return 0;
  let power = gram.map((v) => v / size);
  for (let i = 0; i < 36; i++) {
    power = times(power, power, n, (row, k) => row * n + k);
    const scale = trace(power);
    power = power.map((v) => v / scale);
  }
  return Math.sqrt(trace(times(gram, power, n, (row, k) => row * n + k)));
}

/**
 * z = x + g(x), g a net of LipSwish whose matrices are shrunk to norm coefficient^(1/layers).
 * Above a coefficient of 1 it may fold, and no layer of flowviz is like that: volume is then the
 * log of the absolute determinant, and where the inverse does not settle it is NaN.
 */
function residual(p: Params): Point {
  const { layers, hidden, extras } = read(p);
  const coefficient = num(p, "coefficient");
  if (!(coefficient > 0)) throw new Error(`coefficient: expected a number > 0, got ${coefficient}`);
  if (extras.length !== hidden.length) {
    throw new Error(`net: expected ${hidden.length} sharpnesses behind the weights, got ${extras.length}`);
  }
  const limit = coefficient ** (1 / layers.length);
  let bound = 1.0;
  const shrunk = layers.map(({ weight, bias }) => {
    const norm = spectralNorm(weight, bias.length);
    const factor = norm > limit ? limit / norm : 1;
    bound *= factor * norm;
    return { weight: weight.map((w) => w * factor), bias };
  });
  const sharp = extras.map((v) => Math.log1p(Math.exp(v)));
  const g = field(shrunk, (v, k) => {
    const gate = 1 / (1 + Math.exp(-sharp[k]! * v));
    return [(v * gate) / 1.1, (gate * (1 + sharp[k]! * v * (1 - gate))) / 1.1];
  });
  const out = new Float64Array(6);
  const most = coefficient < 1 ? Math.ceil(Math.log(Number.EPSILON) / Math.log(coefficient)) + 10 : 2000;
  const slope = (x: ArrayLike<number>, j: Row): void => {
    g(x, out, true);
    j.set([1 + out[2]!, out[3]!, out[4]!, 1 + out[5]!]);
  };
  const j = new Float64Array(4);
  return bijection({
    to: (x, z) => (g(x, out, false), z.set([x[0]! + out[0]!, x[1]! + out[1]!])),
    back: (z, x) => {
      const close = 2 * Number.EPSILON * (1 + Math.max(Math.abs(z[0]!), Math.abs(z[1]!)));
      x.set(z);
      for (let i = 0, step = Infinity; step > close; i++) {
        if (i > most) return coefficient < 1 ? undefined : void x.fill(NaN);
        g(x, out, false);
        const [a, b] = [z[0]! - out[0]!, z[1]! - out[1]!];
        step = Math.max(Math.abs(a - x[0]!), Math.abs(b - x[1]!));
        x.set([a, b]);
      }
    },
    path: (x, way, tau) => (g(x, out, false), way.set([x[0]! + tau * out[0]!, x[1]! + tau * out[1]!])),
    volume: (x) => (slope(x, j), Math.log(Math.abs(j[0]! * j[3]! - j[1]! * j[2]!))),
    slope,
    orbit: (z, steps) => {
      const way = [z.slice()];
      for (let i = 0; i < steps; i++) {
        g(way[i]!, out, false);
        way.push(Float64Array.of(z[0]! - out[0]!, z[1]! - out[1]!));
      }
      return way;
    },
    series: (x, count) => {
      g(x, out, true);
      const [trace, det] = [out[2]! + out[5]!, out[2]! * out[5]! - out[3]! * out[4]!];
      const powers = [2, trace];  // tr J^k = tr J tr J^(k-1) - det J tr J^(k-2)
      for (let k = 2; k <= count; k++) powers.push(trace * powers[k - 1]! - det * powers[k - 2]!);
      return powers.slice(1, count + 1).map((v, i) => (i % 2 ? -v : v) / (i + 1));
    },
    facts: { bound, layer: coefficient < 1 },
  });
}

/** Shares and weights of the slopes of a step, as in flowviz/layers/continuous.py. */
const METHODS = [
  [[0, 1]],
  [[0, 0], [0.5, 1]],
  [[0, 1 / 6], [0.5, 1 / 3], [0.5, 1 / 3], [1, 1 / 6]],
] as [number, number][][];

/** dx/dt = f(x, t), f a net of tanh times `strength`, from t = 0 to `time` in equal steps. */
function ode(p: Params): Point {
  const { layers, hidden, extras } = read(p);
  const [strength, time, steps] = [num(p, "strength"), num(p, "time"), num(p, "steps")];
  if (!(time > 0 && Number.isInteger(steps) && steps > 0)) {
    throw new Error(`time, steps: expected a time > 0 and a whole number of steps, got ${time}, ${steps}`);
  }
  if (extras.length !== hidden[0]) {
    throw new Error(`net: expected ${hidden[0]} paces behind the weights, got ${extras.length}`);
  }
  const method = METHODS[num(p, "method")]!;
  const scaled = layers.map(({ weight, bias }, k) => {
    const by = k === layers.length - 1 ? strength : 1;
    return { weight: weight.map((w) => by * w), bias: bias.map((v) => by * v) };
  });
  const f = field(scaled, (v) => {
    const h = Math.tanh(v);
    return [h, 1 - h * h];
  }, extras);

  // A state is x, the integral of the trace, and dx(t)/dx(0), which is solved with x.
  const [at, slope, change] = [new Float64Array(7), new Float64Array(7), new Float64Array(7)];
  const out = new Float64Array(6);
  const solve = (state: Row, start: number, end: number, derive: boolean): void => {
    const h = (end - start) / steps;
    const size = derive ? 7 : 2;
    for (let k = 0; k < steps; k++) {
      change.fill(0);
      slope.fill(0);
      for (const [share, weight] of method) {
        for (let i = 0; i < size; i++) at[i] = state[i]! + share * h * slope[i]!;
        f(at, out, derive, start + k * h + share * h);
        slope[0] = out[0]!;
        slope[1] = out[1]!;
        if (derive) {
          const [a, b, c, d] = [out[2]!, out[3]!, out[4]!, out[5]!];
          slope[2] = a + d;
          slope[3] = a * at[3]! + b * at[5]!;
          slope[4] = a * at[4]! + b * at[6]!;
          slope[5] = c * at[3]! + d * at[5]!;
          slope[6] = c * at[4]! + d * at[6]!;
        }
        for (let i = 0; i < size; i++) change[i]! += weight * slope[i]!;
      }
      for (let i = 0; i < size; i++) state[i]! += h * change[i]!;
    }
  };
  const state = new Float64Array(7);
  const run = (from: ArrayLike<number>, start: number, end: number, derive = false): Row => {
    state.set([from[0]!, from[1]!, 0, 1, 0, 0, 1]);
    if (start !== end) solve(state, start, end, derive);
    return state;
  };
  return bijection({
    to: (x, z) => z.set(run(x, 0, time).subarray(0, 2)),
    back: (z, x) => x.set(run(z, time, 0).subarray(0, 2)),
    path: (x, way, tau) => way.set(run(x, 0, tau * time).subarray(0, 2)),
    volume: (x) => run(x, 0, time, true)[2]!,
    slope: (x, j) => j.set(run(x, 0, time, true).subarray(3)),
  });
}

export const KINDS = { residual, ode };
