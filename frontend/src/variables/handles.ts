/** The handles of a map in its plane, and what dragging one does to its parameters. */

import { replaced } from "./lists";
import { curveOf, type MapSpec } from "./maps";
import { fullSlopes } from "./spline";
import type { Window } from "./view";

export interface Handle {
  name: string;
  /** Text key of what it is. */
  label: string;
  u: number;
  v: number;
  /** The map with this handle at (u, v), or as near as its limits allow. */
  move(u: number, v: number): MapSpec;
}

export const LIMITS = {
  slope: [0.1, 4],
  shift: [-5, 5],
  power: [0.33, 3],
  soft: [0, 1],
  steep: [0.25, 4],
  centre: [-3, 3],
  knot: [0.05, 20],
} as const satisfies Record<string, Window>;

export function within(value: number, [low, high]: Window): number {
  return Math.min(high, Math.max(low, value));
}

const tidy = (value: number) => Number(value.toFixed(4));

export function handlesOf(spec: MapSpec, from: Window, to: Window): Handle[] {
  if (!spec.inverse) return HANDLES[spec.kind](spec, from, to);
  const { inverse, ...own } = spec;
  return HANDLES[spec.kind](own, to, from).map(({ u, v, move, ...rest }) => ({
    ...rest,
    u: v,
    v: u,
    move: (a, b) => ({ ...move(b, a), inverse }),
  }));
}

const HANDLES: Record<MapSpec["kind"], (spec: MapSpec, from: Window, to: Window) => Handle[]> = {
  affine,
  power,
  sigmoid,
  logit: (spec) =>
    sigmoid({ ...spec, kind: "sigmoid" }).map(({ u, v, move, ...rest }) => ({
      ...rest,
      u: v,
      v: u,
      move: (a, b) => ({ ...move(b, a), kind: "logit" }),
    })),
  spline: (spec, from) => spec.at!.map((_, k) => knot(spec, k, from)),
  learned: () => [],
};

/** Slopes keep away from 0, where a line is no longer one to one. */
export function slopeWithin(slope: number): number {
  return Math.sign(slope || 1) * within(Math.abs(slope), LIMITS.slope);
}

function affine(spec: MapSpec, [low, high]: Window): Handle[] {
  const { slope = 1, shift = 0 } = spec;
  const [span, middle] = [high - low, (low + high) / 2];
  const outer = middle + 0.3 * span;
  const at = (u: number) => slope * u + shift;
  return [
    {
      name: "shift",
      label: "shift",
      u: middle,
      v: at(middle),
      move: (_, v) => ({ ...spec, shift: tidy(within(v - slope * middle, LIMITS.shift)) }),
    },
    {
      name: "slope",
      label: "slope",
      u: outer,
      v: at(outer),
      move: (_, v) => {
        const next = tidy(slopeWithin((v - at(middle)) / (outer - middle)));
        return { ...spec, slope: next, shift: tidy(within(at(middle) - next * middle, LIMITS.shift)) };
      },
    },
  ];
}

function power(spec: MapSpec, [, high]: Window): Handle[] {
  const u = 0.6 * high;
  const value = (p: number) => curveOf({ ...spec, power: p }).f(u);
  return [{ name: "power", label: "power", u, v: value(spec.power ?? 1), move: (_, v) => ({ ...spec, power: nearest(v, value) }) }];
}

/** The power whose value comes nearest to v. */
function nearest(v: number, value: (p: number) => number): number {
  const [low, high] = LIMITS.power;
  let best = low;
  for (let p = low; p <= high + 1e-9; p += 0.01) {
    if (Math.abs(value(p) - v) < Math.abs(value(best) - v)) best = p;
  }
  return tidy(best);
}

/** Where t = steep (u - centre) is this, the handle of the steepness stands. */
const STEEP_AT = 1.5;

function sigmoid(spec: MapSpec): Handle[] {
  const { steep = 1, centre = 0 } = spec;
  const u = centre + STEEP_AT / steep;
  return [
    {
      name: "centre",
      label: "centre",
      u: centre,
      v: 0.5,
      move: (at) => ({ ...spec, centre: tidy(within(at, LIMITS.centre)) }),
    },
    {
      name: "steep",
      label: "steepness",
      u,
      v: curveOf({ kind: "sigmoid", steep, centre }).f(u),
      move: (at) => ({ ...spec, steep: tidy(within(STEEP_AT / Math.max(1e-3, at - centre), LIMITS.steep)) }),
    },
  ];
}

/** Least distance of two knots, and least rise between them, as a share of the window below. */
const APART = 0.02;
/** Knots rise and fall at most this many windows. */
const FAR = 1.5;

/** Between its neighbours, within the window below, and not far beyond it on the left. */
function knot(spec: MapSpec, k: number, [low, high]: Window): Handle {
  const [at, to] = [spec.at!, spec.to!];
  const [span, middle] = [high - low, (low + high) / 2];
  const put = (values: number[], value: number, reach: number) => {
    const before = k > 0 ? values[k - 1]! + APART * span : Math.min(values[k]!, middle - reach * span);
    const after = k + 1 < values.length ? values[k + 1]! - APART * span : Math.max(values[k]!, middle + reach * span);
    return before < after ? replaced(values, k, tidy(within(value, [before, after]))) : values;
  };
  return {
    name: `knot-${k + 1}`,
    label: "knot",
    u: at[k]!,
    v: to[k]!,
    move: (u, v) => ({ ...spec, at: put(at, u, 0.5), to: put(to, v, FAR) }),
  };
}

/** The slope at knot k, chosen or set. */
export function slopeAt({ at = [], to = [], slopes = at.map(() => 0) }: MapSpec, k: number): number {
  return fullSlopes({ at, to, slopes })[k]!;
}

/** A fresh map of a kind that fits its window. */
export function fresh(kind: MapSpec["kind"], [low, high]: Window, learned?: MapSpec): MapSpec {
  const [middle, half] = [(low + high) / 2, (high - low) / 2];
  switch (kind) {
    case "affine":
      return { kind, slope: 1.5, shift: 0.5 };
    case "power":
      return { kind, power: 1.6, soft: 0.3 };
    case "sigmoid":
      return { kind, steep: tidy(4.5 / half), centre: tidy(middle) };
    case "logit":
      return { kind, steep: 1, centre: 0 };
    case "learned":
      return learned!;
    case "spline": {
      const scaled = (values: number[]) => values.map((value) => tidy(middle + (value / 3) * half));
      return { kind, at: scaled(SPLINE.at), to: scaled(SPLINE.to), slopes: SPLINE.at.map(() => 0) };
    }
  }
}

const SPLINE = { at: [-2.2, -1.1, -0.3, 0.7, 1.7], to: [-2.2, -1.8, -1.0, 1.25, 2.0] };
