/** The player in words: where it is, and what the layer does to the chosen point. */

import type { Ledger } from "../shared/ledger";
import { count, figure, pair, plain, signed } from "../shared/numbers";
import type { Column, Meta } from "../shared/trace";
import { layerAt, type Direction } from "./state";

/** A run of text; strong, or in the colour of a column. */
export interface Piece {
  text: string;
  strong?: boolean;
  column?: Column | "base";
}

const strong = (text: string): Piece => ({ text, strong: true });
const text = (words: string): Piece => ({ text: words });
const nats = (value: number, column: Column | "base"): Piece => ({ text: `${signed(value)} nats`, column });

/** "Layer 2 of 4, spline coupling, half way": for the slider and the live region. */
export function whereWords({ layers }: Meta, position: number, direction: Direction): string {
  const l = layerAt(position, layers.length, direction);
  if (l < 0) return "Data side";
  if (l >= layers.length) return "Latent side";
  const { title, cut } = layers[l]!;
  const done = direction === "normalize" ? position - l : l + 1 - position;
  const progress = cut && done < 1 ? "a cut" : progressWords(done);
  return `Layer ${l + 1} of ${layers.length}, ${title}, ${progress}`;
}

function progressWords(done: number): string {
  if (done >= 1) return "done";
  const quarter = Math.round(done * 4);
  return ["just begun", "a quarter done", "half way", "three quarters done", "nearly done"][quarter]!;
}

export interface Scene {
  meta: Meta;
  direction: Direction;
  position: number;
  ledger: Ledger;
  /** How many points the ledger is of; 1 and `path` for a chosen one. */
  points: number;
  /** Where the chosen point is at the borders of the layers, 0 to L. */
  path: ((border: number) => [number, number]) | null;
}

export function sentence(scene: Scene): Piece[] {
  const { meta, position, direction } = scene;
  const l = layerAt(position, meta.layers.length, direction);
  if (l < 0) return dataSide(scene);
  if (l >= meta.layers.length) return latentSide(scene);
  const layer = meta.layers[l]!;
  const opening = [strong(`Layer ${l + 1}, ${layer.title}`), text(`: ${layer.action}. `)];
  if (layer.cut) return [...opening, ...cutWords(scene, l)];
  return [...opening, ...moveWords(scene, l), ...termWords(scene, l)];
}

function relation({ meta }: Scene): string {
  return meta.exact ? "=" : "≥";
}

function dataSide(scene: Scene): Piece[] {
  const { meta, ledger, path, points } = scene;
  const sum: Piece = strong(`log p(x) ${relation(scene)} ${plain(ledger.total)} nats`);
  if (path) {
    const intro = `: the point is at x = ${pair(path(0))}. Its ledger, added up from the base, says `;
    return [strong("Data side"), text(intro), sum, text(".")];
  }
  const intro = `: the colour is the model's density p(x). Over ${count(points)} points, on average, `;
  return [strong("Data side"), text(intro), sum, text(`.${entropyWords(meta)}`)];
}

function entropyWords({ entropy }: Meta): string {
  if (entropy === null || entropy === undefined) return "";
  return ` No model can average more than ${plain(-entropy)}, minus the data's entropy.`;
}

function latentSide({ meta, ledger, path, points }: Scene): Piece[] {
  const base = meta.base;
  if (path) {
    const at = pair(path(meta.layers.length));
    const intro = `: the point is at z = ${at}, where the ${base} has log p(z) = `;
    return [strong("Latent side"), text(intro), { text: `${plain(ledger.base)} nats`, column: "base" }, text(
      ". The layers add the rest.",
    )];
  }
  const intro = `: here the density should be the ${base}. Over ${count(points)} points log p(z) is `;
  return [
    strong("Latent side"),
    text(intro),
    { text: `${plain(ledger.base)} nats`, column: "base" },
    text(" on average; the layers add the rest."),
  ];
}

function cutWords({ path, direction }: Scene, l: number): Piece[] {
  const moved = path ? ` The point goes from ${ends(path, l, direction)}.` : "";
  return [
    strong("A cut"),
    text(`: the axes get new names, no path of invertible maps leads there, and areas stay.${moved}`),
  ];
}

function moveWords({ path, direction }: Scene, l: number): Piece[] {
  return path ? [text(`The point goes from ${ends(path, l, direction)}. `)] : [];
}

function ends(path: (border: number) => [number, number], l: number, direction: Direction): string {
  const [from, to] = direction === "normalize" ? [l, l + 1] : [l + 1, l];
  return `${pair(path(from))} to ${pair(path(to))}`;
}

function termWords(scene: Scene, l: number): Piece[] {
  const { volume, decoder, encoder } = scene.ledger.entries[l]!;
  return [
    ...(volume === null ? [] : volumeWords(scene, volume)),
    ...(decoder === null ? [] : [text("What it drops must be guessed on the way back: "), nats(decoder, "decoder"), text(". ")]),
    ...(encoder === null ? [] : [text("The noise it adds is given back: "), nats(encoder, "encoder"), text(". ")]),
  ];
}

/** Areas grow by exp(volume) on the way to the latent, and by its inverse on the way to the data. */
function volumeWords({ direction, path, points }: Scene, volume: number): Piece[] {
  const around = path ? "Around it" : `Over ${count(points)} points`;
  if (Math.abs(volume) < 0.005) {
    return [text(`${around} areas stay ${path ? "" : "on average "}as they are: `), nats(volume, "volume"), text(". ")];
  }
  const change = direction === "normalize" ? volume : -volume;
  const grow = change > 0;
  const factor = `×${figure(Math.exp(change))}`;
  const mean = path ? "" : " (geometric mean)";
  const way = direction === "normalize" ? "latent" : "data";
  const inverse = grow ? "falls by the same factor" : `rises ×${figure(Math.exp(-change))}`;
  return [
    text(`${around} areas ${grow ? "grow" : "shrink"} ${factor}${mean}, so the density ${inverse} on the way to the ${way}`),
    text(volume > 0 ? ", and log p(x) gets " : ", and log p(x) is charged "),
    nats(volume, "volume"),
    text(volume > 0 && direction === "normalize" ? " back. " : ". "),
  ];
}

export function captionWords(points: number, chosen: boolean): string {
  return chosen ? "Ledger of the chosen point, in nats" : `Average ledger of ${count(points)} points, in nats`;
}
