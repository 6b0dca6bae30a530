import { describe, expect, test } from "vitest";
import { decodeTrace, momentAt, pointAt, tween, viewAt, type Meta } from "../src/shared/trace";
import { fixture } from "./fixture";

const made = fixture({ count: 40, cells: 6 });
const layers = made.meta.layers;

describe("decoding", () => {
  test("every array comes back to a step", async () => {
    const trace = await decodeTrace(made.meta, made.payload);
    const found = { "data/points": trace.sets.data!.points, "mesh/corners": trace.mesh!.corners, "model/base": trace.sets.model!.base };
    for (const [name, values] of Object.entries(found)) {
      const step = Math.max(...made.meta.arrays.find((one) => one.name === name)!.step);
      const given = made.plain.get(name)!.values;
      expect(values.length).toBe(given.length);
      values.forEach((value, i) => expect(Math.abs(value - given[i]!)).toBeLessThan(step));
    }
  });

  const broken = (change: (meta: Meta) => void) => {
    const meta = structuredClone(made.meta);
    change(meta);
    return decodeTrace(meta, made.payload);
  };

  test("another version is refused", async () => {
    await expect(broken((meta) => (meta.version = 2))).rejects.toThrow("expected a trace of version 1, got version 2");
  });

  test("layers that leave a gap are refused", async () => {
    await expect(broken((meta) => (meta.layers[1]!.frames = [2, 13]))).rejects.toThrow("start at 1, got 2 to 13");
  });

  test("frames that are not all used are refused", async () => {
    await expect(broken((meta) => (meta.frames = 7))).rejects.toThrow("expected 7 frames");
  });

  test("a shape that does not fit is refused", async () => {
    await expect(broken((meta) => (meta.cells = 5))).rejects.toThrow("array mesh/corners: expected shape 21 × 36 × 2");
  });

  test("no trace at all is refused", async () => {
    await expect(decodeTrace({}, made.payload)).rejects.toThrow("expected a trace");
  });
});

describe("moments", () => {
  test("borders are whole frames, from either side", () => {
    layers.forEach(({ frames }, l) => {
      expect(momentAt(layers, l)).toMatchObject({ a: frames[0], w: 0 });
      expect(momentAt(layers, l + 1)).toMatchObject({ a: frames[1], w: 0 });
    });
  });

  test("sub-frames are spread evenly over a layer", () => {
    const [first, last] = layers[1]!.frames;
    const { a, b, w } = momentAt(layers, 1.4);
    expect(a + w).toBeCloseTo(first + 0.4 * (last - first), 9);
    expect(b).toBe(a + 1);
  });

  test("a cut holds its first frame until it is done", () => {
    const [first, last] = layers[3]!.frames;
    for (const t of [3, 3.3, 3.999999]) expect(momentAt(layers, t)).toEqual({ a: first, b: first, w: 0 });
    expect(momentAt(layers, 4)).toEqual({ a: last, b: last, w: 0 });
  });

  test("no layers: the one frame there is", () => {
    expect(momentAt([], 0)).toEqual({ a: 0, b: 0, w: 0 });
  });

  test("between two frames the picture is straight", () => {
    const frames = new Float32Array([0, 0, 4, 8, 6, 6]);
    expect([...tween(frames, 2, { a: 0, b: 1, w: 0.25 }, new Float32Array(2))]).toEqual([1, 2]);
    expect([...tween(frames, 2, { a: 2, b: 2, w: 0 }, new Float32Array(2))]).toEqual([6, 6]);
  });

  test("a particle is where the tween puts it", async () => {
    const { sets } = await decodeTrace(made.meta, made.payload);
    const set = sets.data!;
    const moment = momentAt(layers, 2.3);
    const all = tween(set.points, 2 * set.count, moment, new Float32Array(2 * set.count));
    const [x, y] = pointAt(set, 7, moment);
    expect(x).toBeCloseTo(all[14]!, 5);
    expect(y).toBeCloseTo(all[15]!, 5);
  });
});

describe("the window", () => {
  const meta = { view: { center: [[0, 0], [4, -2]], radius: [1, 3] } } as unknown as Meta;

  test("moves and zooms between frames as the points do", () => {
    expect(viewAt(meta, { a: 0, b: 1, w: 0 })).toEqual({ center: [0, 0], radius: 1 });
    expect(viewAt(meta, { a: 0, b: 1, w: 0.25 })).toEqual({ center: [1, -0.5], radius: 1.5 });
  });
});
