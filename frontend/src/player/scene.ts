/** The picture: density, particles, grid, axes and the chosen point of one moment. */

import { paintDensities, ramp, word } from "../shared/colour";
import { dotStyle, drawDots, stamp, type Stamp } from "../shared/dots";
import { drawMarks, type Marks } from "../shared/marks";
import { DensityRaster, squareFrame, type Frame } from "../shared/raster";
import type { Say } from "../shared/strings";
import type { Palette } from "../shared/theme";
import { momentAt, tween, viewAt, type Lines, type Moment, type Particles, type Trace } from "../shared/trace";
import { drawAxes, drawKey } from "./axes";
import { claimedMasses, isBroken } from "./audit";
import { blocksOf, ringArea } from "./blocks";
import { drawBlock, drawField } from "./field";
import { drawProbe } from "./probe";
import { particlesOf, type Direction, type State } from "./state";

/** More device pixels than this along a side are not drawn: nobody sees them, old laptops feel them. */
const MOST_PIXELS = 1056;

export interface Picture {
  draw(state: State, palette: Palette, over: Over): void;
  resize(css: number, ratio: number): void;
  /** Where the particles were drawn last, in the plane. */
  points(): Float32Array;
  /** The middle of the window, in the plane. */
  center(): readonly [number, number];
  /** CSS pixels of the canvas -> the plane. */
  locate(x: number, y: number): { x: number; y: number; unit: number };
  /** The plane -> CSS pixels of the canvas. */
  place(point: readonly [number, number]): [number, number];
  /** The mass that was painted last, pixel by pixel. */
  painted(): number;
  /** The area of a block, and the mass that is claimed for it, as last drawn. */
  blockNow(block: number): { area: number; mass: number };
}

/** What lies over the picture. */
export interface Over {
  /** A block that is outlined. */
  block: number | null;
  /** All blocks in the colours of their log-determinant. */
  field: boolean;
  marks: Marks;
}

export function createPicture(canvas: HTMLCanvasElement, trace: Trace, t: Say): Picture {
  const context = canvas.getContext("2d", { alpha: false })!;
  const { meta, mesh } = trace;
  const corners = new Float32Array(mesh ? 2 * (mesh.cells + 1) ** 2 : 0);
  let points = new Float32Array(0);
  let surface = createSurface(1);
  let css = 1;
  let colours: { palette: Palette | null; ramp: Uint32Array } = { palette: null, ramp: new Uint32Array(0) };
  let dots: { key: string; stamp: Stamp } | null = null;

  const blocks = mesh ? blocksOf(mesh) : null;
  const start = mesh ? mesh.corners.subarray(0, corners.length) : corners;
  const claimed = mesh ? claimedMasses(meta.layers, mesh) : null;
  let painted = 0;
  let view = viewAt(meta, momentAt(meta.layers, 0));

  const window = (pixels: number) => squareFrame(view.center, view.radius, pixels);
  const top = () => meta.top / view.radius ** 2;

  function colourRamp(palette: Palette): Uint32Array {
    if (colours.palette !== palette) colours = { palette, ramp: ramp(palette.density) };
    return colours.ramp;
  }

  function dotStamp(count: number, palette: Palette): Stamp {
    const { diameter, opacity } = dotStyle(count);
    const key = `${count} ${palette.theme} ${surface.size} ${css}`;
    if (dots?.key !== key) {
      dots = { key, stamp: stamp((diameter * surface.size) / css, opacity * palette.particleAlpha) };
    }
    return dots.stamp;
  }

  function paintMesh(state: State, frame: Frame, palette: Palette): void {
    const carried = isBroken(state.broken) ? { ...mesh!, mass: claimed!(state.position, state.broken) } : mesh!;
    let sum = 0;
    const colours = colourRamp(palette);
    const { raster, words, size } = surface;
    const most = top();
    raster.draw(carried, corners, frame, (y, row) => {
      for (let x = 0; x < size; x++) sum += row[x]!;
      paintDensities(row, most, colours, words, y * size);
    });
    painted = sum / frame.scale ** 2;
  }

  function placePoints(set: Particles, moment: Moment): void {
    if (points.length !== 2 * set.count) points = new Float32Array(2 * set.count);
    tween(set.points, points.length, moment, points);
  }

  function draw(state: State, palette: Palette, { block, field, marks }: Over): void {
    const moment = momentAt(meta.layers, state.position);
    const set = particlesOf(trace, state.direction);
    view = viewAt(meta, moment);
    const pixels = window(surface.size);
    placePoints(set, moment);
    const [r, g, b] = palette.density[0]!;
    if (mesh) tween(mesh.corners, corners.length, moment, corners);
    if (mesh && state.show.density) paintMesh(state, pixels, palette);
    else surface.words.fill(word(r, g, b));
    if (state.show.particles) {
      drawDots(points, dotStamp(set.count, palette), palette.particle, pixels, surface.words);
    }
    context.setTransform(1, 0, 0, 1, 0, 0);
    context.putImageData(surface.image, 0, 0);
    const ratio = surface.size / css;
    context.setTransform(ratio, 0, 0, ratio, 0, 0);
    const frame = window(css);
    const lines = gridOf(trace, state.direction);
    if (field && blocks) drawField(context, blocks, start, corners, frame, palette, t);
    if (lines && state.show.grid) drawGrid(context, lines, moment, frame, palette.grid);
    drawAxes(context, frame, axisNames(trace, t, state.position), palette);
    const key = t(isBroken(state.broken) ? "key of claimed density" : "key of density");
    if (mesh && state.show.density && !field) drawKey(context, frame, top(), key, palette);
    if (block !== null && blocks) drawBlock(context, corners, blocks.ring(block), frame, palette);
    if (state.selected >= 0) drawProbe(context, trace, set, state, frame, palette);
    drawMarks(context, marks, palette);
  }

  return {
    draw,
    points: () => points,
    painted: () => painted,
    blockNow: (block) => ({ area: ringArea(corners, blocks!.ring(block)), mass: blocks!.mass(block) }),
    place([x, y]) {
      const { scale, left, top: upper } = window(css);
      return [(x - left) * scale, (upper - y) * scale];
    },
    center: () => view.center,
    resize(size, ratio) {
      const pixels = Math.max(1, Math.min(Math.round(size * ratio), MOST_PIXELS));
      css = size;
      if (pixels === surface.size) return;
      surface = createSurface(pixels);
      canvas.width = canvas.height = pixels;
    },
    locate(x, y) {
      const { scale, left, top: upper } = window(css);
      return { x: left + x / scale, y: upper - y / scale, unit: 1 / scale };
    },
  };
}

function createSurface(size: number) {
  const image = new ImageData(size, size);
  return {
    size,
    image,
    words: new Uint32Array(image.data.buffer),
    raster: new DensityRaster(size, size),
  };
}

export function gridOf({ grids }: Trace, direction: Direction): Lines | undefined {
  return direction === "normalize" ? grids.data : grids.latent;
}

function axisNames({ meta }: Trace, t: Say, position: number): readonly string[] {
  if (position <= 0) return meta.axes.data;
  if (position >= meta.layers.length) return meta.axes.latent;
  return [t("axis", { n: 1 }), t("axis", { n: 2 })];
}

function drawGrid(
  context: CanvasRenderingContext2D,
  { count, points, xy }: Lines,
  { a, b, w }: Moment,
  { scale, left, top }: Frame,
  colour: string,
): void {
  const size = 2 * count * points;
  const [from, to] = [a * size, b * size];
  const at = (i: number) => xy[from + i]! + w * (xy[to + i]! - xy[from + i]!);
  context.beginPath();
  for (let i = 0; i < size; i += 2) {
    const x = (at(i) - left) * scale;
    const y = (top - at(i + 1)) * scale;
    if (i % (2 * points) === 0) context.moveTo(x, y);
    else context.lineTo(x, y);
  }
  context.strokeStyle = colour;
  context.lineWidth = 0.75;
  context.lineJoin = "bevel";
  context.stroke();
}
