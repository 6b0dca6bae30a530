/** Layers that drop something on the way to z, at the decoder's price; exact. */

import type { Base } from "./base";
import { list, num, type Params, type Point, type Row } from "./kind";
import { turn } from "./linear";
import { bounded, conditional, HALF_LOG_TWO_PI, logIntegral, logNormal, logSigmoid, sigmoid, table, unbounded } from "./tables";

/** From x to its mirror image z, like a page that is turned over, seen from above. */
const turnedOver = (fold: (x: Row, z: Row) => void) => (x: Row, out: Row, tau: number): void => {
  fold(x, out);
  const ease = 0.5 - 0.5 * Math.cos(Math.PI * tau);
  for (let k = 0; k < 2; k++) out[k] = x[k]! + ease * (out[k]! - x[k]!);
};

/** z = |x|, both or one of them; the odds of a plus are a table of the other coordinate of z. */
function abs(p: Params): Point {
  const fold = num(p, "fold");
  const chosen = fold ? [fold - 1] : [0, 1];
  const odds = [table(list(p, "odds1")), table(list(p, "odds2"))];
  const oddsOf = (z: Row, k: number): number => odds[k]!.at(z[1 - k]!);
  const to = (x: Row, z: Row): void => {
    z.set(x);
    for (const k of chosen) z[k] = Math.abs(x[k]!);
  };
  return {
    to,
    back: (z, x, e) => {
      x.set(z);
      chosen.forEach((k, i) => {
        const plus = e ? e[i]! < sigmoid(oddsOf(z, k)) : oddsOf(z, k) >= 0;
        x[k] = plus ? z[k]! : -z[k]!;
      });
    },
    account: (x, z, t) => {
      t[1] = 0;
      for (const k of chosen) t[1] += logSigmoid((x[k]! >= 0 ? 1 : -1) * oddsOf(z, k));
    },
    path: turnedOver(to),
    draws: { inverse: chosen.map(() => "uniform") },
    base: (["half-normal", "half-normal 1", "half-normal 2"] as Base[])[fold],
  };
}

/** z = x in increasing order. */
function sort(): Point {
  const to = (x: Row, z: Row): void => z.set(x[0]! > x[1]! ? [x[1]!, x[0]!] : x);
  return {
    to,
    back: (z, x, e) => x.set(e && e[0]! > e[1]! ? [z[1]!, z[0]!] : z),
    account: (_x, _z, t) => void (t[1] = -Math.LN2),
    path: turnedOver(to),
    draws: { inverse: ["uniform", "uniform"] },
  };
}

/** z = max(x1, x2); `odds` that it was the first, log spreads of the difference for either. */
function max(p: Params): Point {
  const odds = num(p, "odds");
  const spread = [num(p, "spread1"), num(p, "spread2")].map((v) => bounded(unbounded(v)));
  return {
    to: (x, z) => void (z[0] = Math.max(x[0]!, x[1]!)),
    back: (z, x, e) => {
      const k = (e ? e[0]! < sigmoid(odds) : odds >= 0) ? 0 : 1;
      x[k] = z[0]!;
      x[1 - k] = z[0]! - Math.exp(spread[k]!) * (e ? Math.abs(e[1]!) : Math.sqrt(2 / Math.PI));
    },
    account: (x, z, t) => {
      const k = x[0]! >= x[1]! ? 0 : 1;
      t[1] = logSigmoid(k ? -odds : odds) + logNormal(z[0]! - x[1 - k]!, 0, spread[k]!) + Math.LN2;
    },
    draws: { inverse: ["uniform", "normal"] },
  };
}

/** z = exp(s(x-)) x+ + t(x-), x- dropped and drawn again from a normal of z, all tables. */
function dropping(p: Params, scales: number[], shifts: number[]): Point {
  const keep = num(p, "keep");
  const rest = 1 - keep;
  const decoder = conditional(list(p, "mean"), list(p, "spread"));
  const [scale, shift] = [table(scales), table(shifts)];
  const moved = (x: Row): number => Math.exp(scale.at(x[rest]!)) * x[keep]! + shift.at(x[rest]!);
  return {
    to: (x, z) => void (z[0] = moved(x)),
    back: (z, x, e) => {
      const v = decoder.draw(z[0]!, e?.[0]);
      x[rest] = v;
      x[keep] = (z[0]! - shift.at(v)) * Math.exp(-scale.at(v));
    },
    account: (x, z, t) => {
      t[0] = scale.at(x[rest]!);
      t[1] = decoder.logProb(x[rest]!, z[0]!);
    },
    path: (x, out, tau) => {
      const going = x[keep]! + tau * (moved(x) - x[keep]!);
      const [a, b] = keep ? [x[rest]!, going] : [going, x[rest]!];
      out.set([a + tau * (going - a), (1 - tau) * b]);
    },
    draws: { inverse: ["normal"] },
  };
}

function slice(p: Params): Point {
  return dropping(p, [0, 0], [0, 0]);
}

function funnel(p: Params): Point {
  return dropping(p, list(p, "s"), list(p, "t"));
}

/** Turn, keep the first coordinate, scale and shift it; the second is dropped. */
function flowified21(p: Params): Point {
  const [w, bias, angle] = [num(p, "w"), num(p, "b"), num(p, "turn1")];
  const [a, b, c, d] = turn(angle);
  const decoder = conditional(list(p, "mean"), list(p, "spread"));
  const [grow, shrink] = [Math.exp(w), Math.exp(-w)];
  return {
    to: (x, z) => void (z[0] = grow * (a * x[0]! + b * x[1]!) + bias),
    back: (z, x, e) => {
      const kept = shrink * (z[0]! - bias);
      const dropped = decoder.draw(grow * kept, e?.[0]);
      x.set([a * kept + c * dropped, b * kept + d * dropped]);
    },
    account: (x, z, t) => {
      t[0] = w;
      t[1] = decoder.logProb(c * x[0]! + d * x[1]!, z[0]! - bias);
    },
    path: (x, out, tau) => {
      const m = turn(tau * angle);
      const [head, tail] = [m[0] * x[0]! + m[1] * x[1]!, m[2] * x[0]! + m[3] * x[1]!];
      out.set([head + tau * (grow * head - head) + tau * bias, (1 - tau) * tail]);
    },
    draws: { inverse: ["normal"] },
  };
}

/** Three inputs, four copies, two outputs: a convolution with a kernel of two, flowified. */
function tile(p: Params): Point {
  const [w, bias] = [num(p, "w"), num(p, "b")];
  const [a, b, c, d] = turn(num(p, "turn1"));
  const logA = bounded(unbounded(num(p, "spread")));
  const A = Math.exp(logA);
  const grow = Math.exp(w);
  // The noise on the copies of the middle number is A v and -A v: the pair (x, z) tells A v.
  const shiftOf = (x: Row, z: Row): number => {
    const [k1, k2] = [(z[0]! - bias) / grow, (z[1]! - bias) / grow];
    return a * (k2 - a * x[1]! - b * x[2]!) - b * (k1 - a * x[0]! - b * x[1]!);
  };
  const put = (x: ArrayLike<number>, v: number): [number, number] => [
    grow * (a * x[0]! + b * (x[1]! - v)) + bias,
    grow * (a * (x[1]! + v) + b * x[2]!) + bias,
  ];
  const price = (x: ArrayLike<number>, v: number): number =>
    logNormal(c * x[0]! + d * (x[1]! - v)) + logNormal(c * (x[1]! + v) + d * x[2]!);
  return {
    to: (x, z, e) => z.set(put(x, e ? A * e[0]! : 0)),
    back: (z, x, e) => {
      const [k1, k2] = [(z[0]! - bias) / grow, (z[1]! - bias) / grow];
      const [e1, e2] = e ? [e[0]!, e[1]!] : [0, 0];
      x[0] = a * k1 + c * e1;
      x[1] = (b * k1 + d * e1 + a * k2 + c * e2) / 2;
      x[2] = b * k2 + d * e2;
    },
    account: (x, z, t) => {
      const v = shiftOf(x, z);
      t[0] = Math.LN2 + 2 * w;
      t[1] = price(x, v);
      t[2] = HALF_LOG_TWO_PI + logA + 0.5 * (v / A) ** 2;
    },
    draws: { forward: ["normal"], inverse: ["normal", "normal"] },
    truth: (x) => {
      const log = (v: number): number => put(x, v).reduce((sum, z) => sum + logNormal(z), price(x, v));
      return Math.LN2 + 2 * w + logIntegral(log);
    },
    stages: (x, z) => {
      const v = shiftOf(x, z);
      return [x[0]!, x[1]! - v, x[1]! + v, x[2]!];
    },
    facts: { spread: A, kernel: [grow * a, grow * b], tile: [Math.LN2, HALF_LOG_TWO_PI + logA] },
  };
}

export const KINDS = { abs, sort, max, slice, funnel, flowified21, tile };
