/** What belongs to the window: ticks, names of the axes, the key of the density's colours. */

import type { Rgb } from "../shared/colour";
import { figure, plain } from "../shared/numbers";
import type { Frame } from "../shared/raster";
import { MOST_SIDE } from "./layout";
import type { Palette } from "../shared/theme";

const FONT = "system-ui, -apple-system, 'Segoe UI', Roboto, 'DejaVu Sans', sans-serif";

/** Round steps of 1, 2 or 5 times a power of ten, about `wanted` of them in `span`. */
export function ticks(low: number, high: number, wanted = 7): number[] {
  const raw = (high - low) / wanted;
  const power = 10 ** Math.floor(Math.log10(raw));
  const step = power * ([1, 2, 5].find((k) => k * power >= raw) ?? 10);
  const found: number[] = [];
  for (let k = Math.ceil(low / step); k * step <= high; k++) found.push(k * step);
  return found;
}

/** Large pictures stand far away: their letters grow with them. */
function typeOf({ width }: Frame): number {
  return Math.min(1.6, Math.max(1, width / MOST_SIDE));
}

function digits(values: number[]): number {
  const step = values.length > 1 ? values[1]! - values[0]! : 1;
  return Math.max(0, -Math.floor(Math.log10(step) + 1e-9));
}

/** All lengths are in CSS pixels; the context is already scaled. */
export function drawAxes(
  context: CanvasRenderingContext2D,
  frame: Frame,
  names: readonly string[],
  palette: Palette,
): void {
  const { width, height, scale, left, top } = frame;
  const type = typeOf(frame);
  const xs = ticks(left, left + width / scale);
  const ys = ticks(top - height / scale, top);
  const halo = haloText(context, palette);
  context.font = `${11 * type}px ${FONT}`;
  context.textBaseline = "alphabetic";
  context.textAlign = "center";
  for (const x of xs) {
    const at = (x - left) * scale;
    if (at > 40 && at < width - 34) halo(plain(x, digits(xs)), at, height - 6, palette.mute);
  }
  context.textAlign = "left";
  context.textBaseline = "middle";
  for (const y of ys) {
    const at = (top - y) * scale;
    if (at > 34 && at < height - 26) halo(plain(y, digits(ys)), 6, at, palette.mute);
  }
  drawNames(context, frame, type, names, palette, halo);
}

type Halo = (text: string, x: number, y: number, colour: string) => void;

function drawNames(
  context: CanvasRenderingContext2D,
  { width, height }: Frame,
  type: number,
  names: readonly string[],
  palette: Palette,
  halo: Halo,
): void {
  context.font = `italic ${14 * type}px ${FONT}`;
  context.textBaseline = "alphabetic";
  context.textAlign = "right";
  halo(names[0] ?? "", width - 6, height - 6, palette.ink);
  context.textAlign = "left";
  halo(names[1] ?? "", 6, 4 + 14 * type, palette.ink);
}

/** Text on a soft edge of paper, so that it can be read on any density. */
function haloText(context: CanvasRenderingContext2D, palette: Palette): Halo {
  context.lineJoin = "round";
  context.lineWidth = 4;
  return (text, x, y, colour) => {
    context.strokeStyle = palette.paper;
    context.globalAlpha = 0.8;
    context.strokeText(text, x, y);
    context.globalAlpha = 1;
    context.fillStyle = colour;
    context.fillText(text, x, y);
  };
}

/** A strip of the colour scale with its ends. */
export function drawKey(context: CanvasRenderingContext2D, frame: Frame, top: number, name: string, palette: Palette): void {
  const type = typeOf(frame);
  const [wide, high] = [104 * type, 7 * type];
  const [x, y] = [frame.width - wide - 8, 10];
  const halo = haloText(context, palette);
  const gradient = context.createLinearGradient(x, 0, x + wide, 0);
  palette.density.forEach((colour, i) => gradient.addColorStop(i / (palette.density.length - 1), css(colour)));
  context.fillStyle = gradient;
  context.fillRect(x, y, wide, high);
  context.lineWidth = 1;
  context.strokeStyle = palette.line;
  context.strokeRect(x - 0.5, y - 0.5, wide + 1, high + 1);
  context.font = `${10.5 * type}px ${FONT}`;
  context.textBaseline = "alphabetic";
  context.lineWidth = 4;
  const baseline = y + high + 13 * type;
  context.textAlign = "left";
  halo("0", x, baseline, palette.mute);
  context.textAlign = "right";
  halo(`≥ ${figure(top, 2)}`, x + wide, baseline, palette.mute);
  halo(name, x - 8, y + high, palette.mute);
}

function css([r, g, b]: Rgb): string {
  return `rgb(${r}, ${g}, ${b})`;
}
