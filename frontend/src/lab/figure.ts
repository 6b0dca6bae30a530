/** What the two views of a layer of the plane show: mesh, grid, points and one cell, on both sides. */

import type { Mesh } from "../shared/trace";
import { claim, type Fault } from "./account";
import { meshEdges, normalCdf } from "./base";
import type { Kind, Map as LayerMap } from "./maths/kind";

/** Cells a side of the grid that is carried, and of the mesh that carries the mass. */
export const GRID = 15;
export const MESH = 64;
/** Half the width of the grid, in units of the data side. */
export const GRID_REACH = 3;
/** Points along one grid line, and along one side of the cell. */
const FINE = 61;
const SIDE = 12;
/** Kinds whose way back is a search: their mesh lies on the data side. */
const SLOW_BACK = ["residual", "sylvester", "planar"];
/** How far out the latent mesh goes. */
const REACH = 4.4;

/** Points of the data side and where they are on their way. */
export class Carried {
  readonly here: Float32Array;
  readonly there: Float32Array;

  constructor(readonly x: Float64Array) {
    this.here = Float32Array.from(x);
    this.there = new Float32Array(x.length);
  }

  move(map: LayerMap, tau: number): void {
    this.there.set(map.path(this.x, this.x.length / 2, tau));
  }
}

export class PlaneFigure {
  readonly mesh: Mesh;
  readonly here: Float32Array;
  readonly there: Float32Array;
  readonly grid = new Carried(gridLines());
  private readonly latent: Float64Array;
  private readonly masses: Float32Array;
  private readonly plain: Float64Array;
  private readonly middles: Float64Array;
  private plainReach = 0;

  constructor(private readonly cells = MESH) {
    const corners = 2 * (cells + 1) ** 2;
    this.mesh = { cells, corners: new Float32Array(0), mass: new Float32Array(cells ** 2) };
    [this.here, this.there] = [new Float32Array(corners), new Float32Array(corners)];
    this.plain = new Float64Array(corners);
    this.middles = new Float64Array(2 * cells ** 2);
    const edges = meshEdges(cells, REACH);
    this.latent = latentCorners(edges);
    this.masses = latentMasses(edges);
  }

  /** Carries the grid and the mesh. `reach`: half the width of a mesh over the data side. */
  update(kind: Kind, map: LayerMap, fault: Fault, tau: number, reach: number, dense: boolean): void {
    this.grid.move(map, tau);
    if (!dense) return;
    if (kind.kind === "bijection" && fault === "" && map.base === "normal" && !SLOW_BACK.includes(kind.name)) {
      this.pull(map, tau);
    } else {
      this.claim(map, fault, tau, reach);
    }
  }

  /** A true pushforward: cells of the base, whose mass is known, pulled back to the data side. */
  private pull(map: LayerMap, tau: number): void {
    const n = this.latent.length / 2;
    const x = map.inverse(this.latent, n).out;
    this.here.set(x);
    this.there.set(tau === 1 ? this.latent : map.path(x, n, tau));
    this.mesh.mass.set(this.masses);
  }

  /** What the account claims: density times area of cells of the data side. */
  private claim(map: LayerMap, fault: Fault, tau: number, reach: number): void {
    this.place(reach);
    const { total } = claim(map, this.middles, this.cells ** 2, fault);
    const area = ((2 * reach) / this.cells) ** 2;
    for (let i = 0; i < total.length; i++) this.mesh.mass[i] = Math.exp(total[i]!) * area;
    this.here.set(this.plain);
    this.there.set(map.path(this.plain, this.plain.length / 2, tau));
  }

  private place(reach: number): void {
    if (reach === this.plainReach) return;
    this.plainReach = reach;
    const { cells } = this;
    const step = (2 * reach) / cells;
    for (let i = 0, k = 0; i <= cells; i++) {
      for (let j = 0; j <= cells; j++) {
        this.plain[k++] = i * step - reach;
        this.plain[k++] = j * step - reach;
      }
    }
    for (let i = 0, k = 0; i < cells; i++) {
      for (let j = 0; j < cells; j++) {
        this.middles[k++] = (i + 0.5) * step - reach;
        this.middles[k++] = (j + 0.5) * step - reach;
      }
    }
  }
}

function latentCorners(edges: Float64Array): Float64Array {
  const out = new Float64Array(2 * edges.length ** 2);
  let k = 0;
  for (const a of edges) {
    for (const b of edges) {
      out[k++] = a;
      out[k++] = b;
    }
  }
  return out;
}

function latentMasses(edges: Float64Array): Float32Array {
  const n = edges.length - 1;
  const slices = Array.from({ length: n }, (_, i) => normalCdf(edges[i + 1]!) - normalCdf(edges[i]!));
  return Float32Array.from({ length: n * n }, (_, i) => slices[Math.floor(i / n)]! * slices[i % n]!);
}

/** GRID + 1 lines each way, FINE points each. */
function gridLines(): Float64Array {
  const out = new Float64Array(2 * (GRID + 1) * FINE * 2);
  let k = 0;
  for (const turned of [false, true]) {
    for (let line = 0; line <= GRID; line++) {
      for (let i = 0; i < FINE; i++) {
        const [a, b] = [edge(line), ((2 * i) / (FINE - 1) - 1) * GRID_REACH];
        out[k++] = turned ? b : a;
        out[k++] = turned ? a : b;
      }
    }
  }
  return out;
}

export const GRID_POINTS = FINE;

export function edge(line: number): number {
  return ((2 * line) / GRID - 1) * GRID_REACH;
}

/** The cell of the grid that holds a point of the data side; null outside the grid. */
export function cellAt(x: ArrayLike<number>): [number, number] | null {
  const [i, j] = [0, 1].map((k) => Math.floor(((x[k]! / GRID_REACH + 1) * GRID) / 2 + 1e-9)) as [number, number];
  return i >= 0 && j >= 0 && i < GRID && j < GRID ? [i, j] : null;
}

/** The outline of a cell of the grid, SIDE points a side. */
export function cellOutline([i, j]: readonly [number, number]): Float64Array {
  const corners = [
    [edge(i), edge(j)],
    [edge(i + 1), edge(j)],
    [edge(i + 1), edge(j + 1)],
    [edge(i), edge(j + 1)],
  ] as const;
  const out = new Float64Array(8 * SIDE);
  let k = 0;
  for (let side = 0; side < 4; side++) {
    const [from, to] = [corners[side]!, corners[(side + 1) % 4]!];
    for (let s = 0; s < SIDE; s++) {
      out[k++] = from[0] + (s / SIDE) * (to[0] - from[0]);
      out[k++] = from[1] + (s / SIDE) * (to[1] - from[1]);
    }
  }
  return out;
}

/** Area inside a closed line (shoelace), without sign. */
export function areaOf(xy: ArrayLike<number>): number {
  let twice = 0;
  const n = xy.length / 2;
  for (let i = 0; i < n; i++) {
    const j = (i + 1) % n;
    twice += xy[2 * i]! * xy[2 * j + 1]! - xy[2 * j]! * xy[2 * i + 1]!;
  }
  return Math.abs(twice) / 2;
}
