import { beforeAll, describe, expect, test } from "vitest";
import { claimedMass, claimedMasses, isBroken } from "../src/player/audit";
import { blocksOf, ringArea } from "../src/player/blocks";
import { contains, densest, overlap } from "../src/player/outline";
import { decodeTrace, momentAt, tween, type Audit, type Trace } from "../src/shared/trace";
import { fixture } from "./fixture";

let trace: Trace;
beforeAll(async () => {
  const { meta, payload } = fixture({ count: 200, cells: 30 });
  trace = await decodeTrace(meta, payload);
});

/** A Gaussian in x, stretched to the latent by a factor in a first layer and another in a second. */
function gaussian(cells: number, [a, b]: [number, number]): Audit {
  const [base, terms] = [new Float32Array(cells * cells), new Float32Array(2 * cells * cells)];
  const scale = Math.exp((a + b) / 2);
  const at = (i: number) => -6 + (12 * (i + 0.5)) / cells;
  for (let i = 0; i < cells; i++) {
    for (let j = 0; j < cells; j++) {
      base[i * cells + j] = -Math.log(2 * Math.PI) - ((scale * at(i)) ** 2 + (scale * at(j)) ** 2) / 2;
      terms[2 * i * cells + j] = a;
      terms[(2 * i + 1) * cells + j] = b;
    }
  }
  return { cells, area: (12 / cells) ** 2, base, terms };
}

describe("the claimed mass", () => {
  test("is 1 for an honest ledger, and off by the volumes that are broken", () => {
    const audit = gaussian(64, [0.3, -0.2]);
    expect(claimedMass(audit, [])).toBeCloseTo(1, 4);
    expect(claimedMass(audit, ["drop", ""])).toBeCloseTo(Math.exp(-0.3), 4);
    expect(claimedMass(audit, ["", "flip"])).toBeCloseTo(Math.exp(0.4), 4);
    expect([isBroken([]), isBroken(["", ""]), isBroken(["", "flip"])]).toEqual([false, false, true]);
  });

  test("in the picture: only layers between here and the latent count", () => {
    const { meta, mesh } = trace;
    const masses = claimedMasses(meta.layers, mesh!);
    const share = (position: number, broken: string[]) =>
      masses(position, broken).reduce((a, b) => a + b, 0) / mesh!.mass.reduce((a, b) => a + b, 0);
    const volume = Math.log(1.6 * 0.75);
    expect(share(0, ["drop"])).toBeCloseTo(Math.exp(-volume), 3);
    expect(share(0, ["flip"])).toBeCloseTo(Math.exp(-2 * volume), 3);
    expect(share(1, ["drop"])).toBeCloseTo(1, 6);
    expect(share(0, ["", "drop", "", "flip"])).toBeCloseTo(1, 3);
  });
});

describe("blocks", () => {
  test("cover the mesh once: their masses add up, and so do their areas on the latent side", () => {
    const blocks = blocksOf(trace.mesh!);
    const all = Array.from({ length: blocks.side ** 2 }, (_, k) => k);
    expect(all.reduce((sum, k) => sum + blocks.mass(k), 0)).toBeCloseTo(0.999 ** 2, 4);
    const size = 2 * 31 ** 2;
    const last = trace.mesh!.corners.subarray(trace.mesh!.corners.length - size);
    const extent = (axis: number) => {
      const values = Array.from({ length: 31 ** 2 }, (_, k) => last[2 * k + axis]!);
      return Math.max(...values) - Math.min(...values);
    };
    const areas = all.reduce((sum, k) => sum + ringArea(last, blocks.ring(k)), 0);
    expect(areas / (extent(0) * extent(1))).toBeCloseTo(1, 3);
  });

  test("hold their particle, at every layer", () => {
    const blocks = blocksOf(trace.mesh!);
    const { meta, mesh, sets } = trace;
    const set = sets.data!;
    for (const particle of [0, 7, 42]) {
      const ring = blocks.ring(blocks.of(set, particle));
      for (const position of [0, 1, 2]) {
        const moment = momentAt(meta.layers, position);
        const corners = tween(mesh!.corners, 2 * 31 ** 2, moment, new Float32Array(2 * 31 ** 2));
        const at = 2 * (moment.a * set.count + particle);
        const outline = ring.map((k) => [corners[2 * k]!, corners[2 * k + 1]!] as const);
        expect(contains(outline, set.points[at]!, set.points[at + 1]!)).toBe(true);
      }
    }
  });
});

test("an outline of the densest region shares most with it, a far one nothing", () => {
  const { meta, mesh } = trace;
  const size = 2 * 31 ** 2;
  const corners = mesh!.corners.subarray(mesh!.corners.length - size);
  const { center, radius } = { center: meta.view.center[0]!, radius: 3.6 };
  const region = densest(mesh!, corners, center, radius);
  // 80% of a Gaussian lie within sqrt(2 ln 5) of its middle
  const circle = (r: number, x = 0) =>
    Array.from({ length: 64 }, (_, k) => [x + r * Math.cos((k * Math.PI) / 32), r * Math.sin((k * Math.PI) / 32)] as const);
  expect(overlap(circle(Math.sqrt(2 * Math.log(5))), region, center, radius)).toBeGreaterThan(0.85);
  expect(overlap(circle(0.3, 3.2), region, center, radius)).toBe(0);
});
