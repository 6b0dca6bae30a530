/** The Python half's encoder, written again for the tests: arrays -> specs and a zlib payload. */

import { deflateSync } from "node:zlib";
import type { ArraySpec } from "../src/shared/wire";

export interface Plain {
  name: string;
  shape: number[];
  values: ArrayLike<number>;
  bytes: number;
  delta: boolean;
  /** One linear scale for each index of the last axis. */
  perChannel?: boolean;
}

export function encode(arrays: Plain[]): { specs: ArraySpec[]; payload: Uint8Array } {
  const encoded = arrays.map(encodeArray);
  return {
    specs: encoded.map(({ spec }) => spec),
    payload: new Uint8Array(deflateSync(Buffer.concat(encoded.map(({ planes }) => planes)))),
  };
}

export function encodeArray({ name, shape, values, bytes, delta, perChannel }: Plain): { spec: ArraySpec; planes: Uint8Array } {
  const n = values.length;
  const channels = perChannel ? shape[shape.length - 1]! : 1;
  const lo = new Array<number>(channels).fill(Infinity);
  const hi = new Array<number>(channels).fill(-Infinity);
  for (let i = 0; i < n; i++) {
    const c = i % channels;
    lo[c] = Math.min(lo[c]!, values[i]!);
    hi[c] = Math.max(hi[c]!, values[i]!);
  }
  const top = 256 ** bytes - 1;
  const step = lo.map((low, c) => (hi[c]! - low) / top || 1);
  const q = Array.from({ length: n }, (_, i) => Math.round((values[i]! - lo[i % channels]!) / step[i % channels]!));
  const row = n / shape[0]!;
  const sent = delta ? q.map((value, i) => (i < row ? value : (value - q[i - row]! + 256 ** bytes) % 256 ** bytes)) : q;
  const planes = new Uint8Array(n * bytes);
  for (let plane = 0; plane < bytes; plane++) {
    for (let i = 0; i < n; i++) planes[plane * n + i] = Math.floor(sent[i]! / 256 ** plane) % 256;
  }
  return { spec: { name, shape, bytes, lo, step, delta }, planes };
}
