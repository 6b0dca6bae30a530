/** What the stage shows of a state: tiles with their places and captions, plain data. */

import { plain } from "../shared/numbers";
import type { Say } from "../shared/strings";
import type { Kernel } from "./kernel";
import { mosaicOf, type Mosaic } from "./mosaic";
import type { Box } from "./paint";
import type { Image, Lab } from "./record";
import type { State } from "./state";

export interface Tile extends Box {
  kind: "image" | "heat" | "change";
  image: Image;
  /** Of heat: bits of every pixel. Of a change: what it was before. */
  other?: Float32Array | Image;
  above?: string;
  below?: string;
  /** It stands out among its like. */
  current?: boolean;
  /** A click on it sets this. */
  pick?: Record<string, unknown>;
  /** The chosen pixel is marked on it. */
  pixel?: boolean;
}

export interface Scene {
  tiles: Tile[];
  height: number;
  /** Of the latent view: every number of z, and where. */
  codes: (Box & { values: Float32Array; mosaic: Mosaic }) | null;
  /** The scale of heat, where some is shown. */
  scale: Box | null;
  /** The tile that is drawn on. */
  pad: Tile | null;
}

const TEXT = 20;
const GAP = 10;

export interface Sources {
  lab: Lab;
  kernel: Kernel;
  t: Say;
  /** Figures are hidden while a question about them is open. */
  veiled: boolean;
  /** The image that is being drawn. */
  sheet: Image;
}

export function sceneOf(state: State, sources: Sources, width: number): Scene {
  const empty = { codes: null, scale: null, pad: null };
  return { ...empty, ...VIEW[state.view](state, sources, width) };
}

type Part = Partial<Scene> & Pick<Scene, "tiles" | "height">;

const VIEW: Record<State["view"], (state: State, sources: Sources, width: number) => Part> = {
  sample: sampleScene,
  walk: walkScene,
  latent: latentScene,
  layers: layersScene,
  bits: bitsScene,
  draw: drawScene,
};

/** The unit only where there is room for it. */
function bitsText({ t, veiled }: Sources, bits: number, room = Infinity): string {
  if (veiled) return t("hidden");
  return room < 90 ? plain(bits) : t("bits", { bits: plain(bits) });
}

/** The height of a tile of this width. */
const heightOf = ({ lab }: Sources, width: number) => (width * lab.meta.shape[1]) / lab.meta.shape[2];

/** Tiles side by side over the whole width. */
function row(sources: Sources, width: number, y: number, count: number, most = Infinity): Box[] {
  const gap = count > 6 ? 4 : GAP;
  const side = Math.min(most, (width - (count - 1) * gap) / count);
  const left = (width - count * side - (count - 1) * gap) / 2;
  return Array.from({ length: count }, (_, i) => ({ x: left + i * (side + gap), y, width: side, height: heightOf(sources, side) }));
}

function sampleScene(state: State, sources: Sources, width: number): Part {
  const { lab, kernel } = sources;
  const drawn = kernel.draws();
  const bits = drawn?.bits(state.temperature) ?? lab.drawBits(state.temperature);
  const columns = lab.draws > 8 ? 4 : lab.draws > 4 ? 3 : 2;
  const tiles: Tile[] = [];
  let y = 0;
  for (let n = 0; n < lab.draws; n += columns) {
    const boxes = row(sources, width, y, columns, 132);
    boxes.forEach((box, i) => {
      if (n + i >= lab.draws) return;
      const image = (drawn ?? { image: lab.draw }).image(state.temperature, n + i);
      tiles.push({ kind: "image", image, ...box, below: bitsText(sources, bits[n + i]!, box.width) });
    });
    y += boxes[0]!.height + TEXT + 4;
  }
  return { tiles, height: y };
}

function walkScene(state: State, sources: Sources, width: number): Part {
  const { lab, t } = sources;
  const { chosen, other, along, mode } = state;
  const large = Math.min(300, width * 0.62);
  const [main] = row(sources, width, TEXT, 1, large) as [Box];
  const at = (step: number) => lab.walk(step, mode, chosen, other);
  const tiles: Tile[] = [{ kind: "image", image: at(along), ...main, above: t("walk at", { percent: Math.round((100 * along) / (lab.steps - 1)) }), below: bitsText(sources, lab.walkBits(along, mode, chosen, other)) }];
  const y = main.y + main.height + TEXT + 18;
  const boxes = row(sources, width, y, lab.steps);
  boxes.forEach((box, step) =>
    tiles.push({ kind: "image", image: at(step), ...box, current: step === along, pick: { along: step / (lab.steps - 1) } }),
  );
  return { tiles, height: y + boxes[0]!.height + 6 };
}

function latentScene(state: State, sources: Sources, width: number): Part {
  const { lab, kernel, t } = sources;
  const image = lab.image(state.chosen);
  const still = kernel.moved(lab.meta.shifts.indexOf(0), state.mode, state.chosen, state.latent) ?? image;
  const moved = kernel.moved(state.shift, state.mode, state.chosen, state.latent);
  const boxes = row(sources, width, TEXT, 3, 220) as [Box, Box, Box];
  const tiles: Tile[] = [
    { kind: "image", image: still, ...boxes[0], above: t("as it is") },
    { kind: "image", image: moved ?? still, ...boxes[1], above: t(moved ? "moved" : kernel.there ? "under way" : "not here") },
    { kind: "change", image: moved ?? still, other: still, ...boxes[2], above: t("change"), below: t("change scale") },
  ];
  const y = boxes[0].y + boxes[0].height + 2 * TEXT;
  const values = lab.code(state.chosen);
  const mosaic = mosaicOf(lab.meta.latent);
  const { rows, columns } = mosaic;
  const bars = rows === 1;
  const cell = Math.min(width / columns, bars ? 64 : 22, bars ? 64 : 300 / rows);
  const height = bars ? 130 : rows * cell;
  const left = (width - columns * cell) / 2;
  return { tiles, height: y + height + 8, codes: { x: left, y, width: columns * cell, height, values, mosaic } };
}

function layersScene(state: State, sources: Sources, width: number): Part {
  const { lab, t } = sources;
  const { depth, chosen } = state;
  const boxes = row(sources, width, TEXT, 3, 220);
  const sides = [0, 1].map((side): Tile => ({
    kind: "image", image: lab.back(depth, side, chosen), ...boxes[side + 1]!,
    above: t(side ? "drawn" : "mean"), below: bitsText(sources, lab.backBits(depth, side, chosen)),
  }));
  const tiles: Tile[] = [{ kind: "image", image: lab.image(chosen), ...boxes[0]!, above: t("the image"), below: bitsText(sources, lab.meta.bits[chosen]!) }, ...sides];
  let y = boxes[0]!.y + boxes[0]!.height + 2 * TEXT;
  for (const side of [0, 1]) {
    const small = row(sources, width, y, lab.meta.depths.length, 72);
    small.forEach((box, k) => tiles.push({ kind: "image", image: lab.back(k, side, chosen), ...box, current: k === depth, pick: { depth: k } }));
    y += small[0]!.height + 8;
  }
  return { tiles, height: y + 4 };
}

function bitsScene(state: State, sources: Sources, width: number): Part {
  const { lab, t, veiled } = sources;
  const image = lab.image(state.chosen);
  const [left, right] = row(sources, width, TEXT, 2, 300) as [Box, Box];
  const tiles: Tile[] = [{ kind: "image", image, ...left, above: t("the image"), below: bitsText(sources, lab.meta.bits[state.chosen]!), pixel: true }];
  if (!state.heat || veiled) return { tiles: [{ ...tiles[0]!, ...row(sources, width, TEXT, 1, 340)[0]! }], height: 400 };
  tiles.push({ kind: "heat", image, other: lab.heat(state.chosen), ...right, above: t("heat"), pixel: true });
  return { tiles, height: left.height + 3 * TEXT + 46, scale: { x: right.x, y: right.y + right.height + TEXT, width: right.width, height: 10 } };
}

function drawScene(state: State, sources: Sources, width: number): Part {
  const { lab, kernel, t, sheet } = sources;
  const score = kernel.scored();
  const heat = state.heat && score?.drawing === state.drawing ? score.heat : null;
  const narrow = width < 420;
  const side = narrow ? width : Math.min(340, width * 0.62);
  const pad: Tile = { kind: "image", image: sheet, x: 0, y: TEXT, width: side, height: heightOf(sources, side), above: t("your image"), pixel: true };
  const small = narrow ? 150 : width - side - 14;
  const second = { x: narrow ? 0 : side + 14, y: narrow ? pad.y + pad.height + 2 * TEXT : TEXT, width: small, height: heightOf(sources, small) };
  const tiles: Tile[] = [pad, { ...second, above: t("heat"), ...(heat ? { kind: "heat" as const, image: sheet, other: heat } : { kind: "heat" as const, image: sheet, other: new Float32Array(lab.meta.shape[1] * lab.meta.shape[2]) }) }];
  if (!state.heat || !kernel.there) tiles.pop();
  const scale = heat ? { x: second.x, y: second.y + second.height + 8, width: small, height: 10 } : null;
  return { tiles, pad, scale, height: Math.max(pad.y + pad.height, state.heat && kernel.there ? second.y + second.height + 40 : 0) + 8 };
}
