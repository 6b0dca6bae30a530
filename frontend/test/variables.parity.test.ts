/**
 * The browser's arithmetic against flowviz's layers: variables.json holds what they compute in double
 * precision (tests/parity_variables.py writes it, and a test there says when it is stale).
 */

import { readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { BASE, type BaseName } from "../src/variables/bases";
import type { MapSpec } from "../src/variables/maps";
import { account, backTo, stackOf } from "../src/variables/stack";

interface Sheet {
  maps: { name: string; maps: MapSpec[]; z: number[]; x: number[]; log_slope: number[] }[];
  bases: Record<BaseName, number[]>;
}

const SHEET = JSON.parse(readFileSync(new URL("variables.json", import.meta.url), "utf8")) as Sheet;
const REALS = [-4.7, -3.5, -2.31, -1.0, -0.2, 0.0, 0.013, 0.7, 1.0, 2.6, 3.5, 4.4];
const CUBE = [1e-5, 0.013, 0.2, 0.5, 0.77, 0.999];

/** Relative, and absolute below 1. */
function near(found: number, wanted: number, tolerance: number): void {
  expect(Math.abs(found - wanted), `${found} for ${wanted}`).toBeLessThanOrEqual(tolerance * Math.max(1, Math.abs(wanted)));
}

describe.each(SHEET.maps)("$name", ({ maps, z, x, log_slope }) => {
  const stack = stackOf(BASE.normal, maps, "right");
  // a table is a picture of its flow, to a ten-thousandth; every other kind is the layer itself
  const tolerance = maps[0]!.kind === "learned" ? 3e-4 : 1e-5;

  test("x, and the log of the slope", () => {
    z.forEach((one, i) => {
      const { values, logs } = account(stack, one);
      near(values.at(-1)!, x[i]!, tolerance);
      near(logs.reduce((a, b) => a + b), log_slope[i]!, maps[0]!.kind === "learned" ? 3e-3 : tolerance);
    });
  });

  test("back to z", () => x.forEach((one, i) => near(backTo(stack, one, maps.length), z[i]!, 10 * tolerance)));
});

test.each(Object.entries(SHEET.bases))("log p(z) of the %s base", (name, log) => {
  const points = name === "uniform" ? CUBE : REALS;
  log.forEach((one, i) => near(BASE[name as BaseName].log(points[i]!), one, 1e-5));
});
