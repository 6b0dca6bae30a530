/** Particles as anti-aliased discs, blended into pixels directly: 100,000 a frame are nothing. */

import type { Rgb } from "./colour";
import type { Frame } from "./raster";

/** Sub-pixel places, along each axis, at which a disc is prepared. */
const PLACES = 4;

export interface Stamp {
  size: number;
  /** PLACES x PLACES discs of size x size opacities, 0 to 256. */
  alpha: Uint16Array;
}

/** Many particles are drawn smaller and fainter, so that they do not hide the density. */
export function dotStyle(count: number): { diameter: number; opacity: number } {
  const crowd = Math.min(1, 1500 / count);
  return { diameter: Math.max(1.2, 2.6 * crowd ** 0.18), opacity: Math.max(0.2, crowd ** 0.2) };
}

export function stamp(diameter: number, opacity: number): Stamp {
  const size = Math.ceil(diameter) + 2;
  const alpha = new Uint16Array(PLACES * PLACES * size * size);
  for (let place = 0; place < PLACES * PLACES; place++) {
    const cx = (size - 1) / 2 + ((place % PLACES) + 0.5) / PLACES;
    const cy = (size - 1) / 2 + (Math.floor(place / PLACES) + 0.5) / PLACES;
    for (let k = 0; k < size * size; k++) {
      const cover = discCover((k % size) - cx, Math.floor(k / size) - cy, diameter / 2);
      alpha[place * size * size + k] = Math.round(256 * opacity * cover);
    }
  }
  return { size, alpha };
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

export function drawDots(xy: Float32Array, { size, alpha }: Stamp, colour: Rgb, frame: Frame, out: Uint32Array): void {
  const { width, height, scale, left, top } = frame;
  const [red, green, blue] = colour;
  const half = (size - 1) / 2;
  for (let i = 0; i < xy.length; i += 2) {
    const x = (xy[i]! - left) * scale - half;
    const y = (top - xy[i + 1]!) * scale - half;
    const column = Math.floor(x);
    const row = Math.floor(y);
    if (!(column >= 0 && row >= 0 && column + size <= width && row + size <= height)) continue;
    const place = ((y - row) * PLACES | 0) * PLACES + ((x - column) * PLACES | 0);
    let k = place * size * size;
    for (let v = 0; v < size; v++) {
      let at = (row + v) * width + column;
      for (let u = 0; u < size; u++, at++, k++) {
        const a = alpha[k]!;
        if (a === 0) continue;
        const old = out[at]!;
        const r = old & 255;
        const g = (old >> 8) & 255;
        const b = (old >> 16) & 255;
        out[at] =
          0xff000000 |
          ((b + (((blue - b) * a) >> 8)) << 16) |
          ((g + (((green - g) * a) >> 8)) << 8) |
          (r + (((red - r) * a) >> 8));
      }
    }
  }
}
