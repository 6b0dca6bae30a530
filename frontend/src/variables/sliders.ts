/** Sliders of the map that is looked at: everything that its handles do, for the keyboard. */

import { h } from "../shared/dom";
import { plain } from "../shared/numbers";
import { slider, type Slider } from "../shared/parts";
import type { Say } from "../shared/strings";
import { LIMITS, slopeAt, slopeWithin } from "./handles";
import { replaced } from "./lists";
import type { MapSpec } from "./maps";

interface Knob {
  name: string;
  min: number;
  max: number;
  step: number;
  read(spec: MapSpec): number;
  write(spec: MapSpec, value: number): MapSpec;
  /** The value that is told: sliders of factors run over their logarithm. */
  told?(value: number): number;
}

const log2 = (name: "power" | "steep"): Knob => ({
  name,
  min: Math.log2(LIMITS[name][0]),
  max: Math.log2(LIMITS[name][1]),
  step: 0.02,
  read: (spec) => Math.log2(spec[name] ?? 1),
  write: (spec, value) => ({ ...spec, [name]: Number((2 ** value).toFixed(3)) }),
  told: (value) => 2 ** value,
});

const straight = (name: "shift" | "soft" | "centre", step: number): Knob => ({
  name,
  min: LIMITS[name][0],
  max: LIMITS[name][1],
  step,
  read: (spec) => spec[name] ?? 0,
  write: (spec, value) => ({ ...spec, [name]: value }),
});

const SLOPE: Knob = {
  name: "slope",
  min: -LIMITS.slope[1],
  max: LIMITS.slope[1],
  step: 0.05,
  read: ({ slope = 1 }) => slope,
  write: (spec, value) => ({ ...spec, slope: slopeWithin(value) }),
  told: slopeWithin,
};

const knotSlope = (k: number): Knob => ({
  name: "knot slope",
  min: -3,
  max: 3,
  step: 0.05,
  read: (spec) => Math.log2(slopeAt(spec, k)),
  write: (spec, value) => ({
    ...spec,
    slopes: replaced(spec.slopes ?? spec.at!.map(() => 0), k, Number((2 ** value).toFixed(3))),
  }),
  told: (value) => 2 ** value,
});

function knobsOf({ kind }: MapSpec, knot: number): Knob[] {
  switch (kind) {
    case "affine":
      return [SLOPE, straight("shift", 0.05)];
    case "power":
      return [log2("power"), straight("soft", 0.02)];
    case "sigmoid":
    case "logit":
      return [log2("steep"), straight("centre", 0.05)];
    case "spline":
      return [knotSlope(knot)];
    case "learned":
      return [];
  }
}

export interface Sliders {
  el: HTMLElement;
  /** `knot`: of a spline, the one whose slope can be set. */
  update(spec: MapSpec | null, knot: number): void;
}

export function createSliders(t: Say, change: (edit: (spec: MapSpec) => MapSpec, last: boolean) => void): Sliders {
  const el = h("div", { class: "flowviz-knobs" });
  let built = "";
  let parts: { knob: Knob; one: Slider }[] = [];

  function build(spec: MapSpec, knot: number): void {
    parts = knobsOf(spec, knot).map((knob) => ({
      knob,
      one: slider({
        ...knob,
        label: t(`knob ${knob.name}`, { knot: knot + 1 }),
        format: (value) => plain(knob.told?.(value) ?? value),
        input: (value, last) => change((old) => knob.write(old, value), last),
      }),
    }));
    el.replaceChildren(...parts.map(({ one }) => one.el));
  }

  return {
    el,
    update(spec, knot) {
      const key = spec ? `${spec.kind} ${knot}` : "";
      if (key !== built) {
        if (spec) build(spec, knot);
        else el.replaceChildren();
      }
      built = key;
      if (spec) for (const { knob, one } of parts) one.set(knob.read(spec));
    },
  };
}
