/** Residual layers: x + g(x), with the steps of the inverse and the terms of the volume's series. */

import { bijection, num, type Params, type Point, type Row } from "./kind";
import { field, read, spectralNorm } from "./net";

/**
 * z = x + g(x), g a net of LipSwish whose matrices are shrunk to norm coefficient^(1/layers).
 * Above a coefficient of 1 it may fold, and no layer of flowviz is like that: volume is then the
 * log of the absolute determinant, and where the inverse does not settle it is NaN.
 */
export function residual(p: Params): Point {
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
  const g = field(shrunk, (v, k, bend) => {
    const gate = 1 / (1 + Math.exp(-sharp[k]! * v));
    bend[0] = (v * gate) / 1.1;
    bend[1] = (gate * (1 + sharp[k]! * v * (1 - gate))) / 1.1;
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
