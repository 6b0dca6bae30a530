/** Images, heat and changes as pixels on a canvas: large squares, no smoothing. */

import { RAMP_STEPS, parseColour, ramp, word } from "../shared/colour";
import { h } from "../shared/dom";
import { divergingColour, type Palette } from "../shared/theme";
import type { Image } from "./record";

export interface Box {
  x: number;
  y: number;
  width: number;
  height: number;
}

export type Pen = CanvasRenderingContext2D;

/** Paints pixel words as a picture that fills the box. */
function put(pen: Pen, words: Uint32Array, rows: number, columns: number, { x, y, width, height }: Box): void {
  const canvas = h("canvas", { width: columns, height: rows });
  const bytes = new Uint8ClampedArray(words.buffer as ArrayBuffer);
  canvas.getContext("2d")!.putImageData(new ImageData(bytes, columns, rows), 0, 0);
  pen.imageSmoothingEnabled = false;
  pen.drawImage(canvas, x, y, width, height);
}

/** One channel is grey, three are colours. */
export function paintImage(pen: Pen, image: Image, [channels, rows, columns]: [number, number, number], box: Box): void {
  const n = rows * columns;
  const [green, blue] = channels >= 3 ? [n, 2 * n] : [0, 0];
  const words = new Uint32Array(n);
  for (let i = 0; i < n; i++) words[i] = word(image[i]! + 0.5, image[i + green]! + 0.5, image[i + blue]! + 0.5);
  put(pen, words, rows, columns, box);
}

/** Words of values in [-1, 1]: below 0 green (bits are given back), above the density's blues. */
export function heatWords(palette: Palette): (value: number) => number {
  const blues = ramp(palette.density);
  const [paper, green] = [palette.density[0]!, parseColour(palette.volume)!];
  return (value) => {
    const at = Math.min(1, Math.abs(value));
    if (value >= 0) return blues[Math.round(at * (RAMP_STEPS - 1))]!;
    const byte = (c: 0 | 1 | 2) => Math.round(paper[c] + at * (green[c] - paper[c]));
    return word(byte(0), byte(1), byte(2));
  };
}

export function paintHeat(pen: Pen, heat: Float32Array, most: number, rows: number, columns: number, box: Box, palette: Palette): void {
  const colour = heatWords(palette);
  put(pen, Uint32Array.from(heat, (bits) => colour(bits / most)), rows, columns, box);
  pen.strokeStyle = palette.line;
  pen.strokeRect(box.x + 0.5, box.y + 0.5, box.width - 1, box.height - 1);
}

/** Darker and brighter, against another image. */
export function paintChange(pen: Pen, image: Image, before: Image, shape: [number, number, number], box: Box, palette: Palette): void {
  const n = shape[1] * shape[2];
  const words = new Uint32Array(n);
  for (let i = 0; i < n; i++) {
    let change = 0;
    for (let c = 0; c < shape[0]; c++) change += (image[c * n + i]! - before[c * n + i]!) / shape[0];
    const [r, g, b] = parseColour(divergingColour(palette, change, 160))!;
    words[i] = word(r, g, b);
  }
  put(pen, words, shape[1], shape[2], box);
  pen.strokeStyle = palette.line;
  pen.strokeRect(box.x + 0.5, box.y + 0.5, box.width - 1, box.height - 1);
}

/** Where an image turns from dark to bright, along the edges of its pixels. */
export function paintOutline(pen: Pen, image: Image, rows: number, columns: number, box: Box, colour: string): void {
  const [w, hgt] = [box.width / columns, box.height / rows];
  const bright = (r: number, c: number) => r >= 0 && c >= 0 && r < rows && c < columns && image[r * columns + c]! > 127;
  pen.beginPath();
  for (let r = 0; r <= rows; r++) {
    for (let c = 0; c <= columns; c++) {
      if (bright(r, c) !== bright(r - 1, c)) line(pen, box.x + c * w, box.y + r * hgt, w, 0);
      if (bright(r, c) !== bright(r, c - 1)) line(pen, box.x + c * w, box.y + r * hgt, 0, hgt);
    }
  }
  pen.strokeStyle = colour;
  pen.lineWidth = 1.4;
  pen.stroke();
  pen.lineWidth = 1;
}

function line(pen: Pen, x: number, y: number, dx: number, dy: number): void {
  pen.moveTo(x, y);
  pen.lineTo(x + dx, y + dy);
}
