/** Every way to change the model: handles, sliders, switches and keys all end here. */

import type { Model } from "../shared/afm";
import { throttle } from "../shared/throttle";
import { BASE, type BaseName } from "./bases";
import { fresh } from "./handles";
import { replaced, without } from "./lists";
import type { Kind, MapSpec } from "./maps";
import { zAt, type Scene } from "./scene";
import { MOST_MAPS, type Rule } from "./stack";
import { readState, type State } from "./state";
import { windowOf, type Window } from "./view";

export interface Commands {
  set(changes: Partial<State>, last: boolean): void;
  /** Changes the map that is looked at. */
  edit(change: (spec: MapSpec) => MapSpec, last: boolean): void;
  kind(kind: Kind): void;
  base(base: BaseName): void;
  add(): void;
  remove(): void;
  shift(by: 1 | -1): void;
  rule(rule: Rule, on: boolean): void;
  /** The probe goes to u on the stage below. */
  probeAt(scene: Scene, u: number, last: boolean): void;
}

export function createCommands(model: Model, current: () => Scene): Commands {
  const save = throttle(() => model.save_changes(), 100);
  const read = () => readState(model);

  function set(changes: Partial<State>, last: boolean): void {
    for (const [name, value] of Object.entries(changes)) model.set(name, value);
    save();
    if (last) save.flush();
  }

  function edit(change: (spec: MapSpec) => MapSpec, last: boolean): void {
    const { maps, view } = read();
    if (view >= 0) set({ maps: replaced(maps, view, change(maps[view]!)) }, last);
  }

  /** What stage k shows, as the model stands: what was drawn last may be behind it. */
  function windowAt(k: number): Window {
    const { stack, carried } = current();
    return windowOf(stack, carried, k);
  }

  /** A map that is put where another was takes the base that it can stand on. */
  function kind(kind: Kind): void {
    const { maps, view, learned, base } = read();
    const k = Math.max(0, view);
    if (maps[k]!.kind === kind) return set({ view: k }, true);
    const fits = kind === "logit" && k === 0 && BASE[base].reach[0] < 0 ? "uniform" : base;
    const next = fresh(kind, fits === base ? windowAt(k) : BASE[fits].window, learned ?? undefined);
    set({ maps: replaced(maps, k, next), view: k, ...(fits === base ? {} : { base: fits, probe: 0.35 }) }, true);
  }

  function base(base: BaseName): void {
    const [low, high] = BASE[base].window;
    const { probe } = read();
    set({ base, ...(probe > low && probe < high ? {} : { probe: low + 0.6 * (high - low) }) }, true);
  }

  function add(): void {
    const { maps } = read();
    if (maps.length >= MOST_MAPS) return;
    const next = fresh(maps.at(-1)!.kind === "affine" ? "spline" : "affine", windowAt(maps.length));
    set({ maps: [...maps, next], view: maps.length }, true);
  }

  function remove(): void {
    const { maps, view } = read();
    if (view < 0 || maps.length === 1) return;
    set({ maps: without(maps, view), view: Math.max(0, view - 1) }, true);
  }

  function shift(by: 1 | -1): void {
    const { maps, view } = read();
    const to = view + by;
    if (view < 0 || to < 0 || to >= maps.length) return;
    set({ maps: replaced(replaced(maps, view, maps[to]!), to, maps[view]!), view: to }, true);
  }

  function probeAt(scene: Scene, u: number, last: boolean): void {
    const [low, high] = BASE[read().base].reach;
    const z = zAt(scene, u);
    if (!Number.isFinite(z)) return;
    set({ probe: Number(Math.min(high, Math.max(low, z)).toFixed(4)) }, last);
  }

  return { set, edit, kind, base, add, remove, shift, probeAt, rule: (rule, on) => set({ rule: on ? rule : "right" }, true) };
}

