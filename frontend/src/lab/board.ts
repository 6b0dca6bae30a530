/** One picture of the stage: pixels (densities, dots) first, then lines, marks and words on them. */

import { drawAxes } from "../player/axes";
import { paintDensities, ramp, word, type Rgb } from "../shared/colour";
import { dotStyle, drawDots, stamp, type Stamp } from "../shared/dots";
import { h, put } from "../shared/dom";
import { DensityRaster, type Frame } from "../shared/raster";
import type { Palette } from "../shared/theme";
import type { Mesh } from "../shared/trace";

export type Point = readonly [number, number];

/** More device pixels than this along a side are not drawn. */
const MOST_PIXELS = 1056;
const FONT = "system-ui, -apple-system, 'Segoe UI', Roboto, 'DejaVu Sans', sans-serif";

export interface Window {
  center: Point;
  /** Half the width in units of the plane. */
  radius: number;
  /** Half the height, where it has a scale of its own. */
  rise?: number;
}

export class Board {
  readonly el: HTMLCanvasElement;
  readonly context: CanvasRenderingContext2D;
  palette!: Palette;
  /** In CSS pixels. */
  frame: Frame = { width: 1, height: 1, scale: 1, left: 0, top: 0 };
  private pixels: Frame = this.frame;
  private image = new ImageData(1, 1);
  private words = new Uint32Array(this.image.data.buffer);
  private raster = new DensityRaster(1, 1);
  private colours: { palette: Palette | null; ramp: Uint32Array } = { palette: null, ramp: new Uint32Array(0) };
  private dot: { key: string; stamp: Stamp } | null = null;
  private ratio = 1;
  /** CSS pixels in one unit upwards. */
  private up = 1;

  constructor(name: string) {
    this.el = h("canvas", { class: `flowviz-canvas flowviz-board-${name}`, role: "application", tabindex: 0 });
    this.context = this.el.getContext("2d", { alpha: false })!;
  }

  resize(width: number, height: number, ratio: number): void {
    this.ratio = Math.min(ratio, MOST_PIXELS / Math.max(width, height));
    const [w, hh] = [width, height].map((side) => Math.max(1, Math.round(side * this.ratio))) as [number, number];
    this.frame = { ...this.frame, width, height };
    this.el.style.width = `${width}px`;
    this.el.style.height = `${height}px`;
    if (w === this.image.width && hh === this.image.height) return;
    this.el.width = w;
    this.el.height = hh;
    this.image = new ImageData(w, hh);
    this.words = new Uint32Array(this.image.data.buffer);
    this.raster = new DensityRaster(w, hh);
  }

  /** Begins a picture of this window. */
  begin(palette: Palette, { center, radius, rise }: Window): void {
    this.palette = palette;
    const { width, height } = this.frame;
    this.frame = window(width, height, center, radius);
    this.pixels = window(this.image.width, this.image.height, center, radius);
    this.up = rise ? height / (2 * rise) : this.frame.scale;
    if (rise) this.frame.top = center[1] + rise;
    this.words.fill(word(...palette.density[0]!));
  }

  density(mesh: Mesh, corners: Float32Array, top: number): void {
    const { palette, words, raster } = this;
    if (this.colours.palette !== palette) this.colours = { palette, ramp: ramp(palette.density) };
    const { ramp: colours } = this.colours;
    const wide = this.image.width;
    raster.draw(mesh, corners, this.pixels, (y, row) => paintDensities(row, top, colours, words, y * wide));
  }

  dots(xy: Float32Array, colour: Rgb = this.palette.particle, fade = 1, grow = 1): void {
    const { diameter, opacity } = dotStyle(xy.length / 2);
    const key = `${xy.length} ${fade} ${grow} ${this.palette.theme} ${this.ratio}`;
    if (this.dot?.key !== key) {
      const dot = stamp(diameter * this.ratio * grow, opacity * this.palette.particleAlpha * fade);
      this.dot = { key, stamp: dot };
    }
    drawDots(xy, this.dot.stamp, colour, this.pixels, this.words);
  }

  /** Puts the pixels down; from here on lines and words. */
  lines(): void {
    const { context, ratio } = this;
    context.setTransform(1, 0, 0, 1, 0, 0);
    context.putImageData(this.image, 0, 0);
    context.setTransform(ratio, 0, 0, ratio, 0, 0);
    context.lineJoin = "round";
    context.lineCap = "round";
  }

  axes(names: readonly string[]): void {
    drawAxes(this.context, this.frame, names, this.palette);
  }

  x(value: number): number {
    return (value - this.frame.left) * this.frame.scale;
  }

  y(value: number): number {
    return (this.frame.top - value) * this.up;
  }

  /** CSS pixels -> the plane. */
  at(px: number, py: number): [number, number] {
    const { left, top, scale } = this.frame;
    return [left + px / scale, top - py / this.up];
  }

  /** Adds points from..to (pairs) of `xy` to the present path. */
  trace(xy: ArrayLike<number>, from = 0, to = xy.length / 2): void {
    for (let i = from; i < to; i++) {
      const [px, py] = [this.x(xy[2 * i]!), this.y(xy[2 * i + 1]!)];
      if (!Number.isFinite(px + py)) continue;
      if (i === from) this.context.moveTo(px, py);
      else this.context.lineTo(px, py);
    }
  }

  stroke(colour: string, width = 1, dash: number[] = [], alpha = 1): void {
    const { context } = this;
    context.strokeStyle = colour;
    context.lineWidth = width;
    context.globalAlpha = alpha;
    context.setLineDash(dash);
    context.stroke();
    context.setLineDash([]);
    context.globalAlpha = 1;
  }

  line(xy: ArrayLike<number>, colour: string, width = 1, dash: number[] = [], alpha = 1): void {
    this.context.beginPath();
    this.trace(xy);
    this.stroke(colour, width, dash, alpha);
  }

  fill(xy: ArrayLike<number>, colour: string, alpha: number): void {
    const { context } = this;
    context.beginPath();
    this.trace(xy);
    context.closePath();
    context.globalAlpha = alpha;
    context.fillStyle = colour;
    context.fill();
    context.globalAlpha = 1;
  }

  disc(x: number, y: number, radius: number, colour: string): void {
    this.context.beginPath();
    this.context.arc(this.x(x), this.y(y), radius, 0, 2 * Math.PI);
    this.context.fillStyle = colour;
    this.context.fill();
  }

  /** The chosen point, ringed. */
  probe(x: number, y: number): void {
    this.disc(x, y, 8.6, this.palette.ink);
    this.disc(x, y, 7.3, this.palette.paper);
    this.disc(x, y, 5.2, css(this.palette.particle));
  }

  /** A handle: an open ring in its colour. */
  grip(x: number, y: number, colour: string, held: boolean): void {
    this.disc(x, y, held ? 9 : 7.5, colour);
    this.disc(x, y, held ? 5.5 : 5, this.palette.paper);
  }

  /** Words on a soft edge of paper, wider where lines cross them, at CSS pixels. */
  say(text: string, px: number, py: number, colour: string, options: { size?: number; align?: CanvasTextAlign; weight?: number; edge?: number } = {}): void {
    const { context } = this;
    context.font = `${options.weight ?? 400} ${options.size ?? 12}px ${FONT}`;
    context.textBaseline = "alphabetic";
    context.textAlign = options.align ?? "left";
    context.lineWidth = options.edge ?? 4;
    context.strokeStyle = this.palette.paper;
    context.globalAlpha = 0.85;
    context.strokeText(text, px, py);
    context.globalAlpha = 1;
    context.fillStyle = colour;
    context.fillText(text, px, py);
  }

  describe(label: string, words: string): void {
    put(this.el, "aria-label", label);
    put(this.el, "aria-description", words);
  }
}

function window(width: number, height: number, center: Point, radius: number): Frame {
  const scale = width / (2 * radius);
  return { width, height, scale, left: center[0] - radius, top: center[1] + height / (2 * scale) };
}

export function css([r, g, b]: Rgb): string {
  return `rgb(${r}, ${g}, ${b})`;
}
