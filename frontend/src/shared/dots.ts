/** Particles as anti-aliased discs, blended into pixels directly: 100,000 a frame are nothing. */

import { word, type Rgb } from "./colour";
import type { Frame } from "./raster";

/** Sub-pixel places, along each axis, at which a disc is prepared. */
const PLACES = 4;

/** Discs of one size at PLACES x PLACES places in a pixel: the pixels that each one touches. */
export interface Stamp {
  size: number;
  /** The pixels of place k are starts[k] to starts[k + 1]. */
  starts: Uint32Array;
  columns: Uint8Array;
  rows: Uint8Array;
  /** 1 to 256. */
  alphas: Uint16Array;
}

/** Many particles are drawn smaller and fainter, so that they do not hide the density. */
export function dotStyle(count: number): { diameter: number; opacity: number } {
  const crowd = Math.min(1, 1500 / count);
  return { diameter: Math.max(1.2, 2.6 * crowd ** 0.18), opacity: Math.max(0.12, crowd ** 0.38) };
}

export function stamp(diameter: number, opacity: number): Stamp {
  const size = Math.ceil(diameter) + 2;
  const starts = [0];
  const pixels: { column: number; row: number; alpha: number }[] = [];
  for (let place = 0; place < PLACES * PLACES; place++) {
    const cx = (size - 1) / 2 + ((place % PLACES) + 0.5) / PLACES;
    const cy = (size - 1) / 2 + (Math.floor(place / PLACES) + 0.5) / PLACES;
    for (let k = 0; k < size * size; k++) {
      const [column, row] = [k % size, Math.floor(k / size)];
      const alpha = Math.round(256 * opacity * discCover(column - cx, row - cy, diameter / 2));
      if (alpha > 0) pixels.push({ column, row, alpha });
    }
    starts.push(pixels.length);
  }
  return {
    size,
    starts: Uint32Array.from(starts),
    columns: Uint8Array.from(pixels, ({ column }) => column),
    rows: Uint8Array.from(pixels, ({ row }) => row),
    alphas: Uint16Array.from(pixels, ({ alpha }) => alpha),
  };
}

/** The share of a unit pixel (lower corner dx, dy from the centre) that a disc covers, sampled. */
function discCover(dx: number, dy: number, radius: number): number {
  const samples = 6;
  let inside = 0;
  for (let i = 0; i < samples * samples; i++) {
    const x = dx + ((i % samples) + 0.5) / samples;
    const y = dy + (Math.floor(i / samples) + 0.5) / samples;
    if (x * x + y * y <= radius * radius) inside++;
  }
  return inside / (samples * samples);
}

export function drawDots(xy: Float32Array, dot: Stamp, colour: Rgb, frame: Frame, out: Uint32Array): void {
  const { width, height, scale, left, top } = frame;
  const { size, starts, columns, rows, alphas } = dot;
  const half = (size - 1) / 2;
  const ink = word(...colour);
  for (let i = 0; i < xy.length; i += 2) {
    const x = (xy[i]! - left) * scale - half;
    const y = (top - xy[i + 1]!) * scale - half;
    const column = Math.floor(x);
    const row = Math.floor(y);
    if (!(column >= 0 && row >= 0 && column + size <= width && row + size <= height)) continue;
    const place = (((y - row) * PLACES) | 0) * PLACES + (((x - column) * PLACES) | 0);
    const corner = row * width + column;
    for (let k = starts[place]!; k < starts[place + 1]!; k++) {
      const at = corner + rows[k]! * width + columns[k]!;
      out[at] = blend(out[at]!, ink, alphas[k]!);
    }
  }
}

/** `a` / 256 of `ink` over an opaque pixel; red and blue in one go, for they do not touch. */
function blend(under: number, ink: number, a: number): number {
  const b = 256 - a;
  const redBlue = (Math.imul(ink & 0xff00ff, a) + Math.imul(under & 0xff00ff, b)) >>> 8;
  const green = (Math.imul(ink & 0xff00, a) + Math.imul(under & 0xff00, b)) >>> 8;
  return 0xff000000 | (redBlue & 0xff00ff) | (green & 0xff00);
}
