import { deflateSync } from "node:zlib";
import { describe, expect, test } from "vitest";
import { decodeArray, decodeArrays, inflate, payloadBytes, TraceError } from "../src/shared/wire";
import { encode, encodeArray } from "./encode";
import { generator } from "./fixture";

const values = (n: number, seed: number) => {
  const random = generator(seed);
  return Array.from({ length: n }, () => 10 * random() - 3);
};

describe("arrays", () => {
  for (const bytes of [1, 2, 3, 4]) {
    for (const delta of [false, true]) {
      test(`${bytes} bytes${delta ? " with differences" : ""} come back to half a step`, () => {
        const given = values(5 * 7 * 2, bytes);
        const { spec, planes } = encodeArray({ name: "a", shape: [5, 7, 2], values: given, bytes, delta, perChannel: true });
        const found = decodeArray(spec, planes);
        const tolerance = Math.max(...spec.step) / 2 + 1e-6;
        given.forEach((value, i) => expect(Math.abs(found[i]! - value)).toBeLessThanOrEqual(tolerance));
      });
    }
  }

  test("planes are low byte first and differences wrap", () => {
    const spec = { name: "a", shape: [2, 1], bytes: 2, lo: [0], step: [1], delta: true };
    // Row 0: 0x0102 = 258; row 1: 258 + 0xffff = 257 modulo 65536.
    expect([...decodeArray(spec, new Uint8Array([0x02, 0xff, 0x01, 0xff]))]).toEqual([258, 257]);
  });

  test("four bytes do not turn negative", () => {
    const spec = { name: "a", shape: [1], bytes: 4, lo: [0], step: [1], delta: false };
    expect(decodeArray(spec, new Uint8Array([0, 0, 0, 0x80]))[0]).toBe(2 ** 31);
  });

  test("lo and step go with the last axis", () => {
    const spec = { name: "a", shape: [2, 2], bytes: 1, lo: [10, -10], step: [1, 2], delta: false };
    expect([...decodeArray(spec, new Uint8Array([1, 1, 3, 3]))]).toEqual([11, -8, 13, -4]);
  });

  test("several arrays follow each other", async () => {
    const one = { name: "one", shape: [3], values: [1, 2, 3], bytes: 3, delta: false };
    const two = { name: "two", shape: [2, 2], values: [5, 6, 7, 8], bytes: 2, delta: true };
    const { specs, payload } = encode([one, two]);
    const arrays = decodeArrays(specs, await inflate(payload as Uint8Array<ArrayBuffer>));
    expect(arrays.get("one")![2]).toBeCloseTo(3, 5);
    expect(arrays.get("two")![3]).toBeCloseTo(8, 3);
  });
});

describe("payloads", () => {
  const bytes = new Uint8Array([1, 2, 250]);

  test("bytes, buffers, views into buffers and base64 are the same", () => {
    const padded = new Uint8Array([9, 1, 2, 250, 9]);
    const forms = [bytes, bytes.buffer, new DataView(padded.buffer, 1, 3), Buffer.from(bytes).toString("base64")];
    for (const form of forms) expect([...payloadBytes(form)]).toEqual([1, 2, 250]);
  });

  test("what is no payload says so", () => {
    expect(() => payloadBytes(undefined)).toThrow("expected the payload as bytes or base64 text, got undefined");
    expect(() => payloadBytes("not base64!")).toThrow(TraceError);
  });

  test("an empty payload and one that is not zlib say so", async () => {
    await expect(inflate(new Uint8Array(0))).rejects.toThrow("got 0 bytes");
    await expect(inflate(new Uint8Array([1, 2, 3]))).rejects.toThrow("3 bytes that do not inflate");
  });

  test("too many bytes, or too few, say how many", async () => {
    const spec = { name: "a", shape: [4], bytes: 1, lo: [0], step: [1], delta: false };
    const inflated = await inflate(new Uint8Array(deflateSync(new Uint8Array(5))));
    expect(() => decodeArrays([spec], inflated)).toThrow("take 4 bytes, the payload holds 5");
  });

  test("a scale that fits neither one value nor the last axis is refused", () => {
    const spec = { name: "a", shape: [2, 3], bytes: 1, lo: [0, 0], step: [1, 1], delta: false };
    expect(() => decodeArray(spec, new Uint8Array(6))).toThrow("expected 1 or 3 values");
  });
});
