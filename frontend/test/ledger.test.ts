import { describe, expect, test } from "vitest";
import { averageLedger, barScale, ledgerOf } from "../src/shared/ledger";
import { decodeTrace, type LayerMeta, type Particles } from "../src/shared/trace";
import { fixture } from "./fixture";

const layer = (columns: LayerMeta["columns"]): LayerMeta => ({
  title: "", action: "", kind: "bijection", columns, exact: true, frames: [0, 1], cut: false,
});
const layers = [layer(["volume"]), layer(["volume", "encoder"]), layer([])];
const set: Particles = {
  name: "data",
  count: 2,
  points: new Float32Array(),
  base: new Float32Array([-2, -4]),
  terms: new Float32Array([0.5, 1, -1, -2, 3, 5]),
};

describe("a ledger", () => {
  test("gives each layer its own columns, and null for the others", () => {
    expect(ledgerOf(layers, set, 1).entries).toEqual([
      { volume: 1, decoder: null, encoder: null },
      { volume: -2, decoder: null, encoder: 5 },
      { volume: null, decoder: null, encoder: null },
    ]);
  });

  test("adds up from the latent to the data", () => {
    const { base, running, total } = ledgerOf(layers, set, 0);
    expect(base).toBe(-2);
    expect(running).toEqual([0.5, 0, -2]);
    expect(total).toBe(0.5);
  });

  test("the average is the mean of the ledgers", () => {
    const mean = averageLedger(layers, set);
    expect(mean.base).toBe(-3);
    expect(mean.entries[1]).toEqual({ volume: -1.5, decoder: null, encoder: 4 });
    expect(mean.total).toBe((ledgerOf(layers, set, 0).total + ledgerOf(layers, set, 1).total) / 2);
  });

  test("agrees with the change of variables of a flow with a closed form", async () => {
    const { meta, payload } = fixture({ count: 30, cells: 4 });
    const data = (await decodeTrace(meta, payload)).sets.data!;
    for (let i = 0; i < data.count; i++) {
      const [x, y] = [data.points[2 * i]!, data.points[2 * i + 1]!];
      // Scale (1.6, 0.75), turn by 90 degrees, then the coupling's log scale 0.5 tanh of its x.
      const volume = Math.log(1.2) + 0.5 * Math.tanh(-0.75 * y);
      const [u, v] = [-0.75 * y, 1.6 * x];
      const z2 = v * Math.exp(0.5 * Math.tanh(u)) + 1.1 * Math.sin(1.4 * u) - 0.2 * u;
      const expected = -Math.log(2 * Math.PI) - (u * u + z2 * z2) / 2 + volume;
      expect(Math.abs(ledgerOf(meta.layers, data, i).total - expected)).toBeLessThan(2e-3);
    }
  });
});

test("bars share a round scale that holds the largest stack on either side", () => {
  const entry = (volume: number | null, decoder: number | null, encoder: number | null) => ({ volume, decoder, encoder });
  expect(barScale([entry(0.2, null, null)])).toBe(1);
  expect(barScale([entry(1.3, null, 0.9), entry(-0.4, null, null)])).toBe(5);
  expect(barScale([entry(-7, -6, 20)])).toBe(20);
  expect(barScale([entry(Infinity, null, 3)])).toBe(5);
});
