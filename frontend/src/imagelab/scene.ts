/** What the stage shows of a state: tiles with their places and captions, plain data. */

import { plain } from "../shared/numbers";
import type { Say } from "../shared/strings";
import type { Kernel } from "./kernel";
import { mosaicOf, type Mosaic } from "./mosaic";
import type { Box } from "./paint";
import type { Image, Lab } from "./record";
import type { State } from "./state";
import { termsOf, type Term } from "./waterfall";
import { accountOf } from "./words";

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
  /** Of the ledger: its terms, as bars. */
  ledger: (Box & { terms: Term[] }) | null;
  /** Words beside tiles. */
  labels: { text: string; x: number; y: number }[];
}

const TEXT = 20;
const LEDGER = 230;
const GAP = 10;

export interface Sources {
  lab: Lab;
  kernel: Kernel;
  t: Say;
  /** Figures are hidden while a question about them is open. */
  veiled: boolean;
  /** What the two images of a walk are called by a question that compares them. */
  versus: string[] | null;
  /** The image that is being drawn. */
  sheet: Image;
}

export function sceneOf(state: State, sources: Sources, width: number): Scene {
  const empty = { codes: null, scale: null, pad: null, ledger: null, labels: [] };
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
  const at = (step: number) => lab.walk(step, mode, chosen, other);
  const here = { image: at(along), above: t("walk at", { percent: Math.round((100 * along) / (lab.steps - 1)) }), below: bitsText(sources, lab.walkBits(along, mode, chosen, other)) };
  const both = (k: number, i: number) => ({ image: lab.image(k), above: sources.versus?.[i] ?? "", below: bitsText(sources, lab.meta.bits[k]!) });
  const shown = sources.versus ? [chosen, other].map(both) : [here];
  const mains = row(sources, width, TEXT, shown.length, large);
  const tiles: Tile[] = shown.map((one, i) => ({ kind: "image", ...one, ...mains[i]! }));
  const y = mains[0]!.y + mains[0]!.height + TEXT + 18;
  const boxes = row(sources, width, y, lab.steps);
  boxes.forEach((box, step) =>
    tiles.push({ kind: "image", image: at(step), ...box, current: step === along && !sources.versus, pick: { along: step / (lab.steps - 1) } }),
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
  const y = boxes[0].y + boxes[0].height + 3 * TEXT + 12;
  const values = lab.code(state.chosen);
  const mosaic = mosaicOf(lab.meta.latent);
  const { rows, columns } = mosaic;
  const bars = rows === 1;
  const cell = Math.min(width / columns, bars ? 64 : 22, bars ? 64 : 300 / rows);
  const height = bars ? 150 : rows * cell;
  const left = (width - columns * cell) / 2;
  return { tiles, height: y + height + 8, codes: { x: left, y, width: columns * cell, height, values, mosaic } };
}

/** Room for the names of rows. */
const NAMES = 62;

function layersScene(state: State, sources: Sources, width: number): Part {
  const { lab, t } = sources;
  const { depth, chosen } = state;
  const boxes = row(sources, width, TEXT, 3, 220);
  const sides = [0, 1].map((side): Tile => ({
    kind: "image", image: lab.back(depth, side, chosen), ...boxes[side + 1]!,
    above: t(side ? "drawn" : "mean"), below: bitsText(sources, lab.backBits(depth, side, chosen)),
  }));
  const tiles: Tile[] = [{ kind: "image", image: lab.image(chosen), ...boxes[0]!, above: t("the image"), below: bitsText(sources, lab.meta.bits[chosen]!) }, ...sides];
  const labels: Scene["labels"] = [];
  let y = boxes[0]!.y + boxes[0]!.height + 3 * TEXT;
  for (const side of [0, 1]) {
    const small = row(sources, width - NAMES, y, lab.meta.depths.length, 72).map((box) => ({ ...box, x: box.x + NAMES }));
    small.forEach((box, k) => {
      const below = side ? { below: String(lab.meta.depths[k]!.layer) } : {};
      tiles.push({ kind: "image", image: lab.back(k, side, chosen), ...box, ...below, current: k === depth, pick: { depth: k } });
    });
    labels.push({ text: t(side ? "drawn" : "mean"), x: small[0]!.x - 9, y: y + small[0]!.height / 2 + 4 });
    y += small[0]!.height + 8;
  }
  labels.push({ text: t("layer"), x: labels[0]!.x, y: y + 7 });
  return { tiles, labels, height: y + TEXT };
}

function bitsScene(state: State, sources: Sources, width: number): Part {
  const { lab, t, veiled } = sources;
  const image = lab.image(state.chosen);
  const [left, right] = row(sources, width, TEXT, 2, 300) as [Box, Box];
  const tiles: Tile[] = [{ kind: "image", image, ...left, above: t("the image"), below: bitsText(sources, lab.meta.bits[state.chosen]!), pixel: true }];
  if (!state.heat || veiled) {
    const [alone] = row(sources, width, TEXT, 1, 340) as [Box];
    return { tiles: [{ ...tiles[0]!, ...alone }], ...ledgerBelow(state, sources, width, alone.y + alone.height + TEXT) };
  }
  tiles.push({ kind: "heat", image, other: lab.heat(state.chosen), ...right, above: t("heat"), pixel: true });
  const scale = { x: right.x, y: right.y + right.height + 8, width: right.width, height: 10 };
  return { tiles, scale, ...ledgerBelow(state, sources, width, left.y + left.height + 2 * TEXT) };
}

/** The account of the image in view as bars, where there is one to show. */
function ledgerBelow(state: State, { lab, kernel, veiled }: Sources, width: number, y: number): Pick<Scene, "ledger" | "height"> {
  const account = veiled ? null : accountOf(state, lab, kernel);
  if (!account) return { ledger: null, height: y + 8 };
  return { ledger: { x: 0, y: y + TEXT, width, height: LEDGER, terms: termsOf(account.terms, lab.meta.rows) }, height: y + TEXT + LEDGER + 4 };
}

function drawScene(state: State, sources: Sources, width: number): Part {
  const { lab, kernel, t, sheet } = sources;
  const narrow = width < 420;
  const side = narrow ? width : Math.min(340, width * 0.62);
  const beside = state.heat && kernel.there;
  const [pad] = row(sources, width, TEXT, 1, side).map((box): Tile => ({
    kind: "image", image: sheet, ...box, x: beside ? 0 : box.x, above: t("your image"), pixel: true,
  })) as [Tile];
  const end = pad.y + pad.height;
  if (!beside) return { tiles: [pad], pad, ...ledgerBelow(state, sources, width, end) };
  const score = kernel.scored();
  const heat = score?.drawing === state.drawing ? score.heat : null;
  const small = narrow ? 150 : width - side - 14;
  const second = { x: narrow ? 0 : side + 14, y: narrow ? end + 2 * TEXT : TEXT, width: small, height: heightOf(sources, small) };
  const other = heat ?? new Float32Array(lab.meta.shape[1] * lab.meta.shape[2]);
  const scale = heat ? { x: second.x, y: second.y + second.height + 8, width: small, height: 10 } : null;
  const tiles: Tile[] = [pad, { ...second, kind: "heat", image: sheet, other, above: t("heat") }];
  return { tiles, pad, scale, ...ledgerBelow(state, sources, width, Math.max(end, second.y + second.height + TEXT)) };
}
