/**
 * Mass on a mesh -> density in pixels, exactly.
 *
 * Every cell is a polygon of constant density mass / area. A pixel's value is the integral of
 * the density over the pixel. It is summed as font rasterisers do: each edge adds, row by row,
 * the signed area to its right into a buffer, weighted by the jump in density across the edge;
 * a running sum along each row then gives the coverage. So shared edges are painted once, edges
 * are smooth, cells thinner than a pixel keep their mass, and folded cells add up.
 */

import type { Mesh } from "./trace";

/** Pixels of the window: x to the right, y up in the plane and down in the picture. */
export interface Frame {
  width: number;
  height: number;
  /** Pixels in one unit of the plane. */
  scale: number;
  /** Plane coordinates of the picture's left and upper edges. */
  left: number;
  top: number;
}

/** A square window of `pixels` around a centre. */
export function squareFrame(center: readonly number[], radius: number, pixels: number): Frame {
  return {
    width: pixels,
    height: pixels,
    scale: pixels / (2 * radius),
    left: center[0]! - radius,
    top: center[1]! + radius,
  };
}

/** Row y of the picture, from the top; the densities are good until the next row. */
export type TakeRow = (y: number, densities: Float32Array) => void;

/** Cells smaller than this many pixels in area are put down as points: their density overflows. */
const POINT_AREA = 1e-6;

export class DensityRaster {
  private readonly stride: number;
  /** Signed areas; doubles, so that the jumps of very dense cells cancel along a row. */
  private readonly sums: Float64Array;
  private readonly row: Float32Array;
  private weights = new Float64Array(0);
  private pixels = new Float32Array(0);

  constructor(
    readonly width: number,
    readonly height: number,
  ) {
    this.stride = width + 2;
    this.sums = new Float64Array(this.stride * height);
    this.row = new Float32Array(width);
  }

  /** Hands out the density (mass per unit of area of the plane) of each pixel, row by row. */
  draw(mesh: Mesh, corners: Float32Array, frame: Frame, take: TakeRow): void {
    this.project(corners, frame);
    this.addCells(mesh);
    this.addInnerEdges(mesh.cells);
    for (let y = 0; y < this.height; y++) take(y, this.resolve(y, frame.scale * frame.scale));
  }

  private project(corners: Float32Array, { scale, left, top }: Frame): void {
    if (this.pixels.length !== corners.length) this.pixels = new Float32Array(corners.length);
    for (let i = 0; i < corners.length; i += 2) {
      this.pixels[i] = (corners[i]! - left) * scale;
      this.pixels[i + 1] = (top - corners[i + 1]!) * scale;
    }
  }

  /** The signed density of each cell; crossed and point-like cells are put down right away. */
  private addCells({ cells, mass }: Mesh): void {
    if (this.weights.length !== mass.length) this.weights = new Float64Array(mass.length);
    const side = cells + 1;
    for (let i = 0; i < cells; i++) {
      for (let j = 0; j < cells; j++) {
        const corner = i * side + j;
        this.weights[i * cells + j] = this.cellWeight(corner, side, mass[i * cells + j]!);
      }
    }
  }

  private cellWeight(corner: number, side: number, mass: number): number {
    const a = corner;
    const b = corner + 1;
    const c = corner + side + 1;
    const d = corner + side;
    const first = this.triangle(a, b, c);
    const second = this.triangle(a, c, d);
    const area = first + second;
    if (!Number.isFinite(area)) return 0;
    if (first * second < 0 && this.triangle(a, b, d) * this.triangle(b, c, d) < 0) {
      this.addCrossed(a, b, c, d, mass / (Math.abs(first) + Math.abs(second)));
      return 0;
    }
    if (Math.abs(area) < POINT_AREA) {
      this.addPoint(a, c, mass);
      return 0;
    }
    return -mass / area;
  }

  /** Signed area, positive when the corners turn clockwise in the picture. */
  private triangle(a: number, b: number, c: number): number {
    const p = this.pixels;
    const x = p[2 * a]!;
    const y = p[2 * a + 1]!;
    return ((p[2 * b]! - x) * (p[2 * c + 1]! - y) - (p[2 * c]! - x) * (p[2 * b + 1]! - y)) / 2;
  }

  /** A quadrilateral whose sides cross: its two triangles, both with positive density. */
  private addCrossed(a: number, b: number, c: number, d: number, density: number): void {
    if (!Number.isFinite(density)) return;
    for (const [p, q, r] of [
      [a, b, c],
      [a, c, d],
    ] as const) {
      const weight = -Math.sign(this.triangle(p, q, r)) * density;
      this.addEdge(p, q, weight);
      this.addEdge(q, r, weight);
      this.addEdge(r, p, weight);
    }
  }

  private addPoint(a: number, c: number, mass: number): void {
    const x = Math.floor((this.pixels[2 * a]! + this.pixels[2 * c]!) / 2);
    const y = Math.floor((this.pixels[2 * a + 1]! + this.pixels[2 * c + 1]!) / 2);
    if (x < 0 || y < 0 || x >= this.width || y >= this.height) return;
    this.sums[y * this.stride + x]! += mass;
    this.sums[y * this.stride + x + 1]! -= mass;
  }

  /** Every edge once, with the jump from the cell on one side to the cell on the other. */
  private addInnerEdges(cells: number): void {
    const w = this.weights;
    const side = cells + 1;
    for (let i = 0; i <= cells; i++) {
      for (let j = 0; j <= cells; j++) {
        const corner = i * side + j;
        const here = i < cells && j < cells ? w[i * cells + j]! : 0;
        const above = i > 0 && j < cells ? w[(i - 1) * cells + j]! : 0;
        const before = j > 0 && i < cells ? w[i * cells + j - 1]! : 0;
        if (j < cells && here !== above) this.addEdge(corner, corner + 1, here - above);
        if (i < cells && before !== here) this.addEdge(corner, corner + side, before - here);
      }
    }
  }

  private addEdge(from: number, to: number, weight: number): void {
    const p = this.pixels;
    const down = p[2 * from + 1]! < p[2 * to + 1]!;
    const start = 2 * (down ? from : to);
    const end = 2 * (down ? to : from);
    const x0 = p[start]!;
    const y0 = p[start + 1]!;
    const x1 = p[end]!;
    const y1 = p[end + 1]!;
    if (y1 <= 0 || y0 >= this.height || y0 === y1 || Math.min(x0, x1) >= this.width) return;
    const signed = down ? weight : -weight;
    const slope = (x1 - x0) / (y1 - y0);
    const last = Math.min(y1, this.height);
    let y = Math.max(y0, 0);
    let x = x0 + (y - y0) * slope;
    for (let row = Math.floor(y); y < last; row++) {
      const next = Math.min(row + 1, last);
      const step = next - y;
      const xNext = x + slope * step;
      const span = signed * step;
      if (x < xNext) this.addSpan(row * this.stride, x, xNext, span);
      else this.addSpan(row * this.stride, xNext, x, span);
      x = xNext;
      y = next;
    }
  }

  /** One row of an edge, from x0 to x1 (x0 <= x1), that adds `d` to all pixels on its right. */
  private addSpan(row: number, x0: number, x1: number, d: number): void {
    if (x0 >= this.width) return;
    if (x1 <= 0) {
      this.sums[row]! += d;
    } else if (x0 < 0) {
      const hidden = -x0 / (x1 - x0);
      this.sums[row]! += d * hidden;
      this.addSpan(row, 0, x1, d * (1 - hidden));
    } else if (x1 > this.width) {
      this.addVisible(row, x0, this.width, (d * (this.width - x0)) / (x1 - x0));
    } else {
      this.addVisible(row, x0, x1, d);
    }
  }

  private addVisible(row: number, x0: number, x1: number, d: number): void {
    const s = this.sums;
    const first = Math.floor(x0);
    const at = row + first;
    const x0f = x0 - first;
    if (x1 <= first + 1) {
      const left = (d * (x0f + x1 - first)) / 2;
      s[at]! += d - left;
      s[at + 1]! += left;
      return;
    }
    // Area to the right of a slanted edge: a triangle in its first and last pixel, between them
    // a ramp; the buffer holds the differences from pixel to pixel.
    const last = Math.ceil(x1) - 1;
    const rise = d / (x1 - x0);
    const lead = 1 - x0f;
    const tail = x1 - last;
    let covered = (rise * lead * lead) / 2;
    s[at]! += covered;
    let before = covered;
    for (let x = first + 1; x < last; x++) {
      covered = rise * (x - x0 + 0.5);
      s[row + x]! += covered - before;
      before = covered;
    }
    covered = d - (rise * tail * tail) / 2;
    s[row + last]! += covered - before;
    s[row + last + 1]! += d - covered;
  }

  /** Sums one row up and clears it for the next picture. */
  private resolve(y: number, scale: number): Float32Array {
    const { width, stride, sums, row } = this;
    const start = y * stride;
    let sum = 0;
    for (let x = 0; x < width; x++) {
      sum += sums[start + x]!;
      row[x] = sum > 0 ? sum * scale : 0;
    }
    sums.fill(0, start, start + stride);
    return row;
  }
}
