/** Linear layers of the plane, z = M x + b: each is its matrix on the way, M(tau). */

import { bijection, num, type Params, type Point } from "./kind";

/** a b / c d, row major. */
type Matrix = [number, number, number, number];

interface Parts {
  /** M(tau): the identity at 0, the layer at 1. */
  matrix(tau: number): Matrix;
  bias?: [number, number];
  volume?: number;
  cut?: boolean;
}

function linear({ matrix, bias = [0, 0], volume = 0, cut }: Parts): Point {
  const [a, b, c, d] = matrix(1);
  const det = a * d - b * c;
  return bijection({
    to: (x, z) => {
      z[0] = a * x[0]! + b * x[1]! + bias[0];
      z[1] = c * x[0]! + d * x[1]! + bias[1];
    },
    back: (z, x) => {
      const [u, v] = [z[0]! - bias[0], z[1]! - bias[1]];
      x[0] = (d * u - b * v) / det;
      x[1] = (a * v - c * u) / det;
    },
    path: (x, out, tau) => {
      if (cut && tau < 1) return out.set(x);
      const m = matrix(tau);
      out[0] = m[0] * x[0]! + m[1] * x[1]! + tau * bias[0];
      out[1] = m[2] * x[0]! + m[3] * x[1]! + tau * bias[1];
    },
    volume: () => volume,
    slope: (_, out) => out.set([a, b, c, d]),
    cut,
    facts: { matrix: [a, b, c, d] },
  });
}

function diagonal(s1: number, s2: number, bias: [number, number]): Point {
  const grown = (s: number, tau: number): number => 1 + tau * Math.expm1(s);
  return linear({ matrix: (tau) => [grown(s1, tau), 0, 0, grown(s2, tau)], bias, volume: s1 + s2 });
}

function affine(p: Params): Point {
  return diagonal(num(p, "s1"), num(p, "s2"), [num(p, "t1"), num(p, "t2")]);
}

function actnorm(p: Params): Point {
  const [s1, s2] = [num(p, "s1"), num(p, "s2")];
  return diagonal(s1, s2, [-num(p, "m1") * Math.exp(s1), -num(p, "m2") * Math.exp(s2)]);
}

function lu(p: Params): Point {
  return factors(num(p, "lower"), num(p, "upper"), num(p, "d1"), num(p, "d2"), [
    num(p, "b1"),
    num(p, "b2"),
  ]);
}

function shear(p: Params): Point {
  return factors(num(p, "lower"), num(p, "upper"), 0, 0, [0, 0]);
}

/** L(tau) U(tau) with L = [1 0; l 1], U = [e^d1 u; 0 e^d2], grown from the identity. */
function factors(l: number, u: number, d1: number, d2: number, bias: [number, number]): Point {
  const matrix = (tau: number): Matrix => {
    const [lower, upper, top] = [tau * l, tau * u, 1 + tau * Math.expm1(d1)];
    return [top, upper, lower * top, lower * upper + 1 + tau * Math.expm1(d2)];
  };
  return linear({ matrix, bias, volume: d1 + d2 });
}

export function turn(angle: number): Matrix {
  const [c, s] = [Math.cos(angle), Math.sin(angle)];
  return [c, -s, s, c];
}

function turned(angle: (tau: number) => number): Point {
  return linear({ matrix: (tau) => turn(angle(tau)) });
}

/** exp of a skew matrix with this entry. */
function rotation(p: Params): Point {
  const angle = num(p, "angle");
  return turned((tau) => tau * angle);
}

/** (I - A)^-1 (I + A): the entry is the tangent of half the angle. */
function cayley(p: Params): Point {
  const tangent = num(p, "tangent");
  return turned((tau) => 2 * Math.atan(tau * tangent));
}

/** H(u) H(v(tau)): twice the angle from v to u, v on its straight way from u, or -v if nearer. */
function householder(p: Params): Point {
  const [u, v] = [unit(p, "u"), unit(p, "v")];
  const along = u[0] * v[0] + u[1] * v[1] < 0 ? -1 : 1;
  return turned((tau) => {
    const w = [0, 1].map((k) => u[k]! + tau * (along * v[k]! - u[k]!));
    return 2 * Math.atan2(w[0]! * u[1] - w[1]! * u[0], w[0]! * u[0] + w[1]! * u[1]);
  });
}

function unit(p: Params, name: string): [number, number] {
  const [a, b] = [num(p, `${name}1`), num(p, `${name}2`)];
  const size = Math.hypot(a, b);
  if (!size) throw new Error(`${name}1, ${name}2: expected a vector other than 0`);
  return [a / size, b / size];
}

/** Rotate, scale, rotate, shift; `flip` mirrors the second axis between the turns. */
function flowified22(p: Params): Point {
  const [first, second] = [num(p, "turn1"), num(p, "turn2")];
  const [w1, w2, flip] = [num(p, "w1"), num(p, "w2"), num(p, "flip")];
  const grown = (w: number, sign: number, tau: number): number => 1 + tau * (sign * Math.exp(w) - 1);
  const matrix = (tau: number): Matrix => {
    const [a, b] = [grown(w1, 1, tau), grown(w2, flip ? -1 : 1, tau)];
    const [u, v] = [turn(tau * second), turn(tau * first)];
    return [
      u[0] * a * v[0] + u[1] * b * v[2], u[0] * a * v[1] + u[1] * b * v[3],
      u[2] * a * v[0] + u[3] * b * v[2], u[2] * a * v[1] + u[3] * b * v[3],
    ];
  };
  const bias: [number, number] = [num(p, "b1"), num(p, "b2")];
  return linear({ matrix, bias, volume: w1 + w2, cut: !!flip });
}

export const KINDS = { affine, actnorm, lu, shear, rotation, cayley, householder, flowified22 };
