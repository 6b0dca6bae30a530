/** Paints a scene. */

import { plain } from "../shared/numbers";
import { divergingColour, type Palette } from "../shared/theme";
import { heatWords, paintChange, paintHeat, paintImage, paintOutline, type Box, type Pen } from "./paint";
import type { Lab } from "./record";
import type { Scene, Tile } from "./scene";
import type { State } from "./state";
import type { Say } from "../shared/strings";
import { drawWaterfall } from "./waterfall";

export interface Shown {
  lab: Lab;
  state: State;
  palette: Palette;
  t: Say;
  /** Whether the chosen pixel or the pen's place is marked. */
  mark: [number, number] | null;
  /** Latents that can be moved; null: all. */
  within: number[] | null;
  /** The column of the ledger that is lit. */
  lit: string | null;
  /** The term of the ledger that is pointed at. */
  term: number | null;
  type: number;
}

export function drawScene(pen: Pen, scene: Scene, shown: Shown, width: number): void {
  const { palette } = shown;
  pen.clearRect(0, 0, width, scene.height);
  pen.fillStyle = palette.paper;
  pen.fillRect(0, 0, width, scene.height);
  for (const tile of scene.tiles) drawTile(pen, tile, shown);
  if (scene.codes) drawCodes(pen, scene.codes, shown);
  if (scene.scale) drawScale(pen, scene.scale, shown);
  if (scene.ledger) drawWaterfall(pen, scene.ledger, scene.ledger.terms, shown);
  pen.fillStyle = palette.mute;
  pen.textAlign = "right";
  pen.font = `${12 * shown.type}px system-ui, "DejaVu Sans", sans-serif`;
  for (const { text, x, y } of scene.labels) pen.fillText(text, x, y);
}

function drawTile(pen: Pen, tile: Tile, { lab, palette, mark, type }: Shown): void {
  const { shape } = lab.meta;
  if (tile.kind === "image") paintImage(pen, tile.image, shape, tile);
  else if (tile.kind === "change") paintChange(pen, tile.image, tile.other!, shape, tile, palette);
  else {
    paintHeat(pen, tile.other as Float32Array, lab.hottest, shape[1], shape[2], tile, palette);
    paintOutline(pen, tile.image, shape[1], shape[2], tile, palette.ink);
  }
  if (tile.kind === "image" && palette.theme === "dark") frame(pen, tile, palette.line, 1);
  if (tile.current) frame(pen, { x: tile.x - 2, y: tile.y - 2, width: tile.width + 4, height: tile.height + 4 }, palette.accent, 3);
  if (tile.pixel && mark) {
    const [w, h] = [tile.width / shape[2], tile.height / shape[1]];
    const cell = { x: tile.x + mark[1] * w, y: tile.y + mark[0] * h, width: w, height: h };
    frame(pen, { x: cell.x - 2, y: cell.y - 2, width: w + 4, height: h + 4 }, "#ffffff", 1.5);
    frame(pen, { x: cell.x - 1, y: cell.y - 1, width: w + 2, height: h + 2 }, "#d65c00", 2);
  }
  pen.fillStyle = palette.ink;
  pen.font = `${13 * type}px system-ui, "DejaVu Sans", sans-serif`;
  pen.textAlign = "center";
  if (tile.above) pen.fillText(tile.above, tile.x + tile.width / 2, tile.y - 6);
  tile.below?.split("\n").forEach((line, i) => pen.fillText(line, tile.x + tile.width / 2, tile.y + tile.height + 15 + 16 * i));
}

/** Rings around places (column, row) of the image on a tile. */
export function drawPlaces(pen: Pen, tile: Tile, [, rows, columns]: [number, number, number], places: { at: [number, number]; colour: string }[]): void {
  for (const { at: [x, y], colour } of places) {
    pen.beginPath();
    pen.arc(tile.x + (x / columns) * tile.width, tile.y + (y / rows) * tile.height, 9, 0, 7);
    pen.strokeStyle = colour;
    pen.lineWidth = 3;
    pen.stroke();
  }
}

function frame(pen: Pen, { x, y, width, height }: Box, colour: string, line: number): void {
  pen.strokeStyle = colour;
  pen.lineWidth = line;
  pen.strokeRect(x + 0.5, y + 0.5, width - 1, height - 1);
  pen.lineWidth = 1;
}

/** Every number of z: bars where they are few, colours where they are many. */
function drawCodes(pen: Pen, codes: NonNullable<Scene["codes"]>, { state, lab, palette, within, t, type }: Shown): void {
  const { rows, columns, place } = codes.mosaic;
  const [w, h] = [codes.width / columns, codes.height / rows];
  const shift = lab.meta.shifts[state.shift]!;
  const most = 4;
  pen.font = `${12 * type}px system-ui, "DejaVu Sans", sans-serif`;
  pen.textAlign = "center";
  codes.values.forEach((value, i) => {
    const now = value + (i === state.latent ? shift : 0);
    const [row, column] = place(i);
    const box = { x: codes.x + column * w, y: codes.y + row * h, width: w, height: h };
    const open = !within || within.includes(i);
    if (rows > 1) {
      pen.fillStyle = divergingColour(palette, now, most);
      pen.fillRect(box.x, box.y, w + 0.3, h + 0.3);
      if (within && open) frame(pen, { x: box.x + 1, y: box.y + 1, width: w - 2, height: h - 2 }, palette.mute, 1);
    } else bar(pen, box, now, most, `z${i + 1}`, open, palette);
    if (i === state.latent) frame(pen, box, palette.accent, 2.5);
  });
  pen.fillStyle = palette.mute;
  pen.fillText(t(rows > 1 ? "codes many" : "codes", { count: codes.values.length, most }), codes.x + codes.width / 2, codes.y - 10);
}

function bar(pen: Pen, box: Box, value: number, most: number, name: string, open: boolean, palette: Palette): void {
  const middle = box.y + (box.height - 34) / 2;
  const length = (Math.max(-most, Math.min(most, value)) / most) * (middle - box.y - 6);
  pen.globalAlpha = open ? 1 : 0.4;
  pen.fillStyle = divergingColour(palette, value < 0 ? -most : most, most);
  pen.fillRect(box.x + box.width * 0.25, Math.min(middle, middle - length), box.width * 0.5, Math.abs(length));
  pen.fillStyle = palette.line;
  pen.fillRect(box.x, middle, box.width, 1);
  pen.fillStyle = palette.ink;
  pen.fillText(name, box.x + box.width / 2, box.y + box.height - 21);
  pen.fillText(plain(value), box.x + box.width / 2, box.y + box.height - 6);
  pen.globalAlpha = 1;
}

/** The colours of heat and their bits, down to what is given back. */
function drawScale(pen: Pen, box: Box, { lab, palette, t, type }: Shown): void {
  const colour = heatWords(palette);
  const low = -0.4;
  const zero = box.x + (-low / (1 - low)) * box.width;
  for (let i = 0; i < box.width; i++) {
    const word = colour(low + ((1 - low) * i) / box.width);
    pen.fillStyle = `rgb(${word & 255}, ${(word >> 8) & 255}, ${(word >> 16) & 255})`;
    pen.fillRect(box.x + i, box.y, 1.5, box.height);
  }
  frame(pen, box, palette.line, 1);
  pen.font = `${11.5 * type}px system-ui, "DejaVu Sans", sans-serif`;
  pen.fillStyle = palette.ink;
  const y = box.y + box.height + 14;
  pen.textAlign = "center";
  if (zero - box.x > 56) pen.fillText("0", zero, y);
  pen.textAlign = "left";
  pen.fillText(`≤ ${plain(low * lab.hottest, 1)}`, box.x, y);
  pen.textAlign = "right";
  pen.fillText(t("scale", { most: plain(lab.hottest, 1) }), box.x + box.width, y);
}
