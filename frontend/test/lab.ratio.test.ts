import { describe, expect, it } from "vitest";
import { broken, FAULTS } from "../src/lab/account";
import { areaOf, cellAt, cellOutline } from "../src/lab/figure";
import { KINDS } from "../src/lab/maths/kinds";
import { grows, ratioOf } from "../src/lab/stage/ratio";
import { extremesOf } from "./extremes";

const PLACES = [[0.73, -0.41], [-1.3, 1.1], [2.1, 0.35]].map((x) => Float64Array.from(x));
const FLAT = Object.values(KINDS).filter(({ dataDim, latentDim, columns }) => dataDim === 2 && latentDim === 2 && columns.includes("volume"));

describe("beside the cell", () => {
  // A solver's few steps make a map whose volume is not the stream's.
  for (const kind of FLAT.filter(({ name }) => name !== "ode")) {
    it(`${kind.name}: the point's ratio is exp(volume)`, () => {
      for (const params of extremesOf(kind)) {
        const map = kind.prepare({ ...kind.defaults, ...params });
        for (const x of PLACES) {
          const { point } = ratioOf(map, cellOutline(cellAt(x)!), x, 1);
          expect(point / Math.exp(map.forward(x, 1).volume![0]!), `${JSON.stringify(params)} at ${x}`).toBeCloseTo(1, 2.5);
        }
      }
    });
  }
  it("the cell's own is its area on the other side: that of the spline is another than the point's", () => {
    const map = KINDS["spline"]!.prepare(KINDS["spline"]!.defaults);
    const x = Float64Array.of(0.8, -0.6);
    const outline = cellOutline(cellAt(x)!);
    const { cell, point } = ratioOf(map, outline, x, 1);
    expect(cell).toBeCloseTo(areaOf(map.forward(outline, outline.length / 2).out) / areaOf(outline), 10);
    expect(cell.toFixed(2)).not.toBe(point.toFixed(2));
  });
  it("where the layer is linear they are one number", () => {
    for (const name of ["affine", "actnorm", "lu", "flowified22", "shear"]) {
      const x = PLACES[0]!;
      const { cell, point } = ratioOf(KINDS[name]!.prepare(KINDS[name]!.defaults), cellOutline(cellAt(x)!), x, 1);
      expect(cell).toBeCloseTo(point, 6);
    }
  });
  it("no fault of the ledger changes a colour: a cell that grows is drawn so", () => {
    const sound = KINDS["affine"]!.prepare(KINDS["affine"]!.defaults); // grows by exp(0.2)
    for (const fault of FAULTS.filter((one) => one !== "relu" && one !== "fold")) {
      const ratio = ratioOf(broken(sound, fault), cellOutline(cellAt(PLACES[0]!)!), PLACES[0]!, 1);
      expect(grows(ratio)).toBe(true);
    }
    const shear = ratioOf(KINDS["shear"]!.prepare({ upper: 2.7, lower: -1.3 }), cellOutline(cellAt(PLACES[1]!)!), PLACES[1]!, 1);
    expect(grows(shear)).toBe(true);
    const small = ratioOf(KINDS["affine"]!.prepare({ ...KINDS["affine"]!.defaults, s1: 0.2 }), cellOutline(cellAt(PLACES[1]!)!), PLACES[1]!, 1);
    expect(grows(small)).toBe(false);
  });
});
