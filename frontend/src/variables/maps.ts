/** Monotone maps of one number, by kind and parameters: value, log of the slope, way back. */

import { spline } from "./spline";

export const KINDS = ["affine", "power", "sigmoid", "logit", "spline", "learned"] as const;
export type Kind = (typeof KINDS)[number];

/** A map as it travels: its kind and its parameters; `inverse` turns it round. */
export interface MapSpec {
  kind: Kind;
  inverse?: boolean;
  /** affine: slope u + shift, slope of either sign. */
  slope?: number;
  shift?: number;
  /** power: sign(u) ((soft + |u|)^power - soft^power); soft = 1 is flowviz's SignedPower. */
  power?: number;
  soft?: number;
  /** sigmoid: 1 / (1 + exp(-steep (u - centre))); logit: its inverse. */
  steep?: number;
  centre?: number;
  /** spline, learned: the knots. */
  at?: number[];
  to?: number[];
  slopes?: number[];
  title?: string;
}

export interface Curve {
  f(u: number): number;
  /** log |df/du|. */
  log(u: number): number;
  back(v: number): number;
  /** Open intervals outside which there is no value. */
  domain: [number, number];
  range: [number, number];
  /** 1 where f grows, -1 where it falls. */
  sign: 1 | -1;
  /** Inputs, ends of the domain among them, where the slope may be 0 or infinite. */
  singular: number[];
  /** Inputs between which the slope may change much: they are sampled one and all. */
  dense: number[];
}

/** From this softness on, a power is tame enough at 0 for an even sampling. */
const SOFT = 0.2;
const ALL: [number, number] = [-Infinity, Infinity];
const CUBE: [number, number] = [0, 1];

export function curveOf(spec: MapSpec): Curve {
  const curve = MAKERS[spec.kind](spec);
  return spec.inverse ? turned(curve) : curve;
}

const MAKERS: Record<Kind, (spec: MapSpec) => Curve> = {
  affine: ({ slope = 1, shift = 0 }) => ({
    f: (u) => slope * u + shift,
    log: () => Math.log(Math.abs(slope)),
    back: (v) => (v - shift) / slope,
    domain: ALL,
    range: ALL,
    sign: slope > 0 ? 1 : -1,
    singular: [],
    dense: [],
  }),
  power: ({ power = 1, soft = 0 }) => ({
    f: (u) => Math.sign(u) * grown(Math.abs(u), power, soft),
    log: (u) => Math.log(power) + (power === 1 ? 0 : (power - 1) * Math.log(soft + Math.abs(u))),
    back: (v) => Math.sign(v) * shrunk(Math.abs(v), power, soft),
    domain: ALL,
    range: ALL,
    sign: 1,
    singular: soft < SOFT ? [0] : [],
    dense: [],
  }),
  sigmoid,
  logit: (spec) => turned(sigmoid(spec)),
  spline: knotted,
  learned: knotted,
};

function grown(u: number, power: number, soft: number): number {
  return soft > 0 ? soft ** power * Math.expm1(power * Math.log1p(u / soft)) : u ** power;
}

function shrunk(v: number, power: number, soft: number): number {
  return soft > 0 ? soft * Math.expm1(Math.log1p(v / soft ** power) / power) : v ** (1 / power);
}

function sigmoid({ steep = 1, centre = 0 }: MapSpec): Curve {
  const t = (u: number) => steep * (u - centre);
  return {
    f: (u) => 1 / (1 + Math.exp(-t(u))),
    log: (u) => Math.log(steep) - Math.abs(t(u)) - 2 * Math.log1p(Math.exp(-Math.abs(t(u)))),
    back: (v) => (v > 0 && v < 1 ? centre + (Math.log(v) - Math.log1p(-v)) / steep : NaN),
    domain: ALL,
    range: CUBE,
    sign: 1,
    singular: [],
    dense: [],
  };
}

function knotted({ at = [], to = [], slopes = at.map(() => 0) }: MapSpec): Curve {
  const dense = at.slice(1).flatMap((right, k) => split(at[k]!, right));
  return { ...spline({ at, to, slopes }), domain: ALL, range: ALL, sign: 1, singular: [], dense };
}

/** Places in a bin, closer together towards its two ends, where steep meets flat. */
function split(left: number, right: number): number[] {
  return Array.from({ length: PLACES }, (_, i) => left + ((right - left) * (1 - Math.cos((Math.PI * i) / PLACES))) / 2);
}
const PLACES = 60;

/** The inverse; log |du/dv| at v is minus log |dv/du| at the u that leads there. */
function turned(curve: Curve): Curve {
  const ends = curve.range.filter(Number.isFinite);
  return {
    f: curve.back,
    log: (v) => -curve.log(curve.back(v)),
    back: curve.f,
    domain: curve.range,
    range: curve.domain,
    sign: curve.sign,
    singular: [...curve.singular.map(curve.f), ...ends],
    dense: curve.dense.map(curve.f),
  };
}
