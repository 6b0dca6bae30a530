/** Small networks of the plane with their Jacobians. */

import { list, type Params, type Row } from "./kind";

/** One linear layer, out x in, row major. */
interface Linear {
  weight: number[];
  bias: number[];
}

/** Writes value and slope at v, in hidden layer k, to out[0] and out[1]. */
type Activation = (v: number, k: number, out: Row) => void;

/** `net` holds weight and bias of every layer in turn, then `extras`; `sizes` the layers' widths. */
export function read(p: Params): { layers: Linear[]; hidden: number[]; extras: number[] } {
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

export function field(layers: Linear[], activate: Activation, pace?: number[]): Field {
  const last = layers.length - 1;
  const steps = layers.map(({ weight, bias }) => {
    const [f, a, b] = [0, 1, 2].map(() => new Float64Array(bias.length)) as [Row, Row, Row];
    return { w: Float64Array.from(weight), bias, width: weight.length / bias.length, f, a, b };
  });
  const bend = new Float64Array(2);
  return (x, out, derive, t = 0) => {
    let f = x;
    let a: ArrayLike<number> = UNITS[0]!;
    let b: ArrayLike<number> = UNITS[1]!;
    for (let k = 0; k <= last; k++) {
      const step = steps[k]!;
      for (let j = 0, at = 0; j < step.bias.length; j++) {
        let v = step.bias[j]! + (pace && k === 0 ? t * pace[j]! : 0);
        let da = 0;
        let db = 0;
        for (let i = 0; i < step.width; i++, at++) {
          const w = step.w[at]!;
          v += w * f[i]!;
          if (derive) {
            da += w * a[i]!;
            db += w * b[i]!;
          }
        }
        bend[0] = v;
        bend[1] = 1;
        if (k < last) activate(v, k, bend);
        step.f[j] = bend[0];
        step.a[j] = bend[1] * da;
        step.b[j] = bend[1] * db;
      }
      f = step.f;
      a = step.a;
      b = step.b;
    }
    out[0] = f[0]!;
    out[1] = f[1]!;
    out[2] = a[0]!;
    out[3] = b[0]!;
    out[4] = a[1]!;
    out[5] = b[1]!;
  };
}

const UNITS = [Float64Array.of(1, 0), Float64Array.of(0, 1)];

/** The largest singular value: squaring W^T W leaves its leading eigenvectors. */
export function spectralNorm(weight: number[], rows: number): number {
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
