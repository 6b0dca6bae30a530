/** Planar, radial and Sylvester flows (Rezende & Mohamed 2015; van den Berg et al. 2018). */

import { bijection, num, type Params, type Point } from "./kind";

const SHARE = -Math.expm1(1e-3 - 1);

/** m(a) = log(1 + p (e^a - 1)) > -1, with m(0) = 0: what keeps the maps one to one. */
function aboveMinusOne(a: number): number {
  return a < 1 ? Math.log1p(SHARE * Math.expm1(a)) : a + Math.log(SHARE + (1 - SHARE) * Math.exp(-a));
}

/** tanh(u) at the u with u + k tanh(u) = t, k > -1, by Newton's method, monotone to the root. */
function tanhRoot(k: number, t: number): number {
  const goal = Math.abs(t);
  const ends = [goal - k, goal / (1 + k)];
  let u = k < 0 ? Math.min(...ends) : Math.max(...ends);
  for (let i = 0; i < 17; i++) {
    const h = Math.tanh(u);
    u -= (u + k * h - goal) / (1 + k * (1 - h * h));
  }
  return Math.sign(t) * Math.tanh(u);
}

function planar(p: Params): Point {
  const [w1, w2, u1, u2, b] = [num(p, "w1"), num(p, "w2"), num(p, "u1"), num(p, "u2"), num(p, "b")];
  const [along, square] = [w1 * u1 + w2 * u2, w1 * w1 + w2 * w2];
  const k = aboveMinusOne(along);
  const extra = (k - along) / (square || 1);
  const [a1, a2] = [u1 + extra * w1, u2 + extra * w2];
  const bend = (v: ArrayLike<number>): number => w1 * v[0]! + w2 * v[1]! + b;
  const rate = (x: ArrayLike<number>): number => 1 - Math.tanh(bend(x)) ** 2;
  return bijection({
    to: (x, z) => {
      const h = Math.tanh(bend(x));
      z.set([x[0]! + a1 * h, x[1]! + a2 * h]);
    },
    back: (z, x) => {
      const h = tanhRoot(k, bend(z));
      x.set([z[0]! - a1 * h, z[1]! - a2 * h]);
    },
    volume: (x) => Math.log1p(k * rate(x)),
    slope: (x, out) => {
      const r = rate(x);
      out.set([1 + a1 * r * w1, a1 * r * w2, a2 * r * w1, 1 + a2 * r * w2]);
    },
    facts: { direction: [a1, a2], k },
  });
}

function radial(p: Params): Point {
  const [c1, c2, alpha] = [num(p, "c1"), num(p, "c2"), Math.exp(num(p, "alpha"))];
  const beta = alpha * aboveMinusOne(num(p, "b"));
  const far = (v: ArrayLike<number>): number => Math.hypot(v[0]! - c1, v[1]! - c2);
  return bijection({
    to: (x, z) => {
      const pull = beta / (alpha + far(x));
      z.set([x[0]! + pull * (x[0]! - c1), x[1]! + pull * (x[1]! - c2)]);
    },
    back: (z, x) => {
      const s = far(z);
      const half = (s - alpha - beta) / 2;
      const root = Math.sqrt(half * half + alpha * s);
      const r = half < 0 ? (alpha * s) / (root - half) : half + root;
      const grow = 1 + beta / (alpha + r);
      x.set([c1 + (z[0]! - c1) / grow, c2 + (z[1]! - c2) / grow]);
    },
    volume: (x) => {
      const near = alpha + far(x);
      return Math.log1p(beta / near) + Math.log1p((alpha * beta) / near ** 2);
    },
    slope: (x, out) => {
      const [r, a, b] = [far(x), x[0]! - c1, x[1]! - c2];
      const around = 1 + beta / (alpha + r);
      const bend = r ? -beta / (alpha + r) ** 2 / r : 0;
      out.set([around + bend * a * a, bend * a * b, bend * a * b, around + bend * b * b]);
    },
    facts: { alpha, beta },
  });
}

/** z = x + Q R tanh(S Q^T x + b), rank 2: Q mirrors, R and S are upper triangular. */
function sylvester(p: Params): Point {
  const [q, r12, s12, b1, b2] = [num(p, "q"), num(p, "r12"), num(p, "s12"), num(p, "b1"), num(p, "b2")];
  const [k1, k2] = [aboveMinusOne(num(p, "a1")), aboveMinusOne(num(p, "a2"))];
  const [s1, s2] = [Math.exp(num(p, "d1")), Math.exp(num(p, "d2"))];
  const f = 2 / (1 + q * q);
  const [q11, q12, q21, q22] = [1 - f, f * q, -f * q, f * q * q - 1];
  const h = [0, 0];
  const look = (x: ArrayLike<number>): void => {
    const [y1, y2] = [q11 * x[0]! + q21 * x[1]!, q12 * x[0]! + q22 * x[1]!];
    h[0] = Math.tanh(s1 * y1 + s12 * y2 + b1);
    h[1] = Math.tanh(s2 * y2 + b2);
  };
  const move = (from: ArrayLike<number>, to: Float64Array, sign: number): void => {
    const [m1, m2] = [(k1 / s1) * h[0]! + r12 * h[1]!, (k2 / s2) * h[1]!];
    to.set([from[0]! + sign * (q11 * m1 + q12 * m2), from[1]! + sign * (q21 * m1 + q22 * m2)]);
  };
  return bijection({
    to: (x, z) => (look(x), move(x, z, 1)),
    back: (z, x) => {
      const [v1, v2] = [q11 * z[0]! + q21 * z[1]!, q12 * z[0]! + q22 * z[1]!];
      h[1] = tanhRoot(k2, s2 * v2 + b2);
      const y2 = v2 - (k2 / s2) * h[1]!;
      h[0] = tanhRoot(k1, s1 * (v1 - r12 * h[1]!) + s12 * y2 + b1);
      move(z, x, -1);
    },
    volume: (x) => (look(x), Math.log1p(k1 * (1 - h[0]! ** 2)) + Math.log1p(k2 * (1 - h[1]! ** 2))),
    slope: (x, out) => {
      look(x);
      const [g1, g2] = [1 - h[0]! ** 2, 1 - h[1]! ** 2];
      // R diag(g) S, upper triangular, then Q (.) Q^T
      const [m11, m12, m22] = [k1 * g1, (k1 / s1) * g1 * s12 + r12 * g2 * s2, k2 * g2];
      const entry = (a1: number, a2: number, c1: number, c2: number): number =>
        a1 * (m11 * c1 + m12 * c2) + a2 * m22 * c2;
      out.set([
        1 + entry(q11, q12, q11, q12), entry(q11, q12, q21, q22),
        entry(q21, q22, q11, q12), 1 + entry(q21, q22, q21, q22),
      ]);
    },
  });
}

export const KINDS = { planar, radial, sylvester };
