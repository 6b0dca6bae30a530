/** The picture: density, particles, grid, axes and the chosen point of one moment. */

import { paintDensities, ramp, word } from "../shared/colour";
import { dotStyle, drawDots, stamp, type Stamp } from "../shared/dots";
import { DensityRaster, squareFrame, type Frame } from "../shared/raster";
import type { Palette } from "../shared/theme";
import { momentAt, tween, viewAt, type Lines, type Moment, type Particles, type Trace } from "../shared/trace";
import { drawAxes, drawKey } from "./axes";
import { drawProbe } from "./probe";
import { particlesOf, type Direction, type State } from "./state";

/** More device pixels than this along a side are not drawn: nobody sees them, old laptops feel them. */
const MOST_PIXELS = 1056;

export interface Picture {
  draw(state: State, palette: Palette): void;
  resize(css: number, ratio: number): void;
  /** Where the particles were drawn last, in the plane. */
  points(): Float32Array;
  /** The middle of the window, in the plane. */
  center(): readonly [number, number];
  /** CSS pixels of the canvas -> the plane. */
  locate(x: number, y: number): { x: number; y: number; unit: number };
}

export function createPicture(canvas: HTMLCanvasElement, trace: Trace): Picture {
  const context = canvas.getContext("2d", { alpha: false })!;
  const { meta, mesh } = trace;
  const corners = new Float32Array(mesh ? 2 * (mesh.cells + 1) ** 2 : 0);
  let points = new Float32Array(0);
  let surface = createSurface(1);
  let css = 1;
  let colours: { palette: Palette | null; ramp: Uint32Array } = { palette: null, ramp: new Uint32Array(0) };
  let dots: { key: string; stamp: Stamp } | null = null;

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

  function paintMesh(moment: Moment, frame: Frame, palette: Palette): void {
    tween(mesh!.corners, corners.length, moment, corners);
    const colours = colourRamp(palette);
    const { raster, words, size } = surface;
    const most = top();
    raster.draw(mesh!, corners, frame, (y, row) => paintDensities(row, most, colours, words, y * size));
  }

  function placePoints(set: Particles, moment: Moment): void {
    if (points.length !== 2 * set.count) points = new Float32Array(2 * set.count);
    tween(set.points, points.length, moment, points);
  }

  function draw(state: State, palette: Palette): void {
    const moment = momentAt(meta.layers, state.position);
    const set = particlesOf(trace, state.direction);
    view = viewAt(meta, moment);
    const pixels = window(surface.size);
    placePoints(set, moment);
    const [r, g, b] = palette.density[0]!;
    if (mesh && state.show.density) paintMesh(moment, pixels, palette);
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
    if (lines && state.show.grid) drawGrid(context, lines, moment, frame, palette.grid);
    drawAxes(context, frame, axisNames(trace, state.position), palette);
    if (mesh && state.show.density) drawKey(context, frame, top(), palette);
    if (state.selected >= 0) drawProbe(context, trace, set, state, frame, palette);
  }

  return {
    draw,
    points: () => points,
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

function axisNames({ meta }: Trace, position: number): readonly string[] {
  if (position <= 0) return meta.axes.data;
  if (position >= meta.layers.length) return meta.axes.latent;
  return ["axis 1", "axis 2"];
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
