/** Everything that a picture shows, worked out once a frame from the traits. */

import { barEdges, type Base } from "./bases";
import { handlesOf, type Handle } from "./handles";
import type { Layout } from "./layout";
import type { MapSpec } from "./maps";
import { barsOf, massOf, type Bar } from "./mass";
import { account, backTo, carryClosely, stackOf, type Account, type Carried, type Rule, type Stack } from "./stack";
import { below } from "./spline";
import { topOf, viewOf, windowOf, type View, type Window } from "./view";

export interface Given {
  base: Base;
  maps: MapSpec[];
  rule: Rule;
  probe: number;
  /** Index of the map that is looked at; -1: all of them as one. */
  view: number;
}

/** The stages left and below of the map that is looked at. */
export function stagesOf({ maps, view }: Given): [number, number] {
  return view < 0 ? [0, maps.length] : [view, view + 1];
}

export interface Scene {
  stack: Stack;
  carried: Carried;
  /** Stage below, and stage on the left. */
  from: number;
  to: number;
  layout: Layout;
  view: View;
  probe: Account;
  /** Bars of every stage. */
  bars: Bar[][];
  edges: number[];
  /** Mass under the curve on the left, and what part of it lies beyond the window's ends. */
  mass: number;
  beyond: { low: number; high: number };
  /** Places of the left stage where its density has no bound. */
  peaks: number[];
  handles: Handle[];
}

export interface Windows {
  from: Window;
  to: Window;
}

/** `kept` holds the windows still while something is dragged. */
export function sceneOf(given: Given, layout: Layout, kept?: Windows | null): Scene {
  const stack = stackOf(given.base, given.maps, given.rule);
  const edges = barEdges(given.base);
  const carried = carryClosely(stack, edges);
  const [from, to] = stagesOf(given);
  const windows = kept ?? { from: windowOf(stack, carried, from), to: windowOf(stack, carried, to) };
  const tops = { from: topOf(carried, from, windows.from), to: topOf(carried, to, windows.to) };
  const spec = given.maps[from];
  return {
    stack,
    carried,
    from,
    to,
    layout,
    view: viewOf(layout, windows.from, windows.to, tops),
    probe: account(stack, given.probe),
    bars: Array.from({ length: given.maps.length + 1 }, (_, k) => barsOf(carried, edges, k)),
    edges,
    mass: massOf(stack, carried, to),
    beyond: beyondOf(carried, to, windows.to),
    peaks: peaksOf(stack, carried, to),
    handles: to - from === 1 && spec ? handlesOf(spec, windows.from, windows.to) : [],
  };
}

/** The value of the map that is looked at, and back. */
export function through({ stack, from, to }: Scene): { f(u: number): number; back(v: number): number } {
  const curves = stack.curves.slice(from, to);
  return {
    f: (u) => curves.reduce((value, curve) => curve.f(value), u),
    back: (v) => curves.reduceRight((value, curve) => curve.back(value), v),
  };
}

/** The z that stands at u on the lower stage. */
export function zAt({ stack, from }: Scene, u: number): number {
  return backTo(stack, u, from);
}

/** Shares of the area under the curve of stage k that lie below and above a window. */
function beyondOf({ values, density }: Carried, k: number, [low, high]: Window): { low: number; high: number } {
  const beyond = { low: 0, high: 0 };
  let all = 0;
  const [v, p] = [values[k]!, density[k]!];
  for (let i = 0; i + 1 < v.length; i++) {
    const middle = (v[i]! + v[i + 1]!) / 2;
    const piece = (Math.abs(v[i + 1]! - v[i]!) * (p[i]! + p[i + 1]!)) / 2;
    if (!Number.isFinite(piece)) continue;
    all += piece;
    if (middle < low) beyond.low += piece;
    if (middle > high) beyond.high += piece;
  }
  return { low: beyond.low / all, high: beyond.high / all };
}

/** Where the density of stage k rises without bound: beside a singular place, above any height shown. */
function peaksOf({ singular }: Stack, { z, values, density }: Carried, k: number): number[] {
  return singular.flatMap((place) => {
    const i = below(z, place);
    const beside = [i, i + 1].filter((j) => j >= 0 && j < z.length && density[k]![j]! > 1e3 && Math.abs(values[k]![j]!) < 1e3);
    return beside.length ? [values[k]![beside[0]!]!] : [];
  });
}
