/** The player in words: where it is, and what the layer does to the chosen point. */

import type { Ledger } from "../shared/ledger";
import { count, figure, pair, plain, signed } from "../shared/numbers";
import type { Piece } from "../shared/pieces";
import type { Column, Meta, Particles } from "../shared/trace";
import { layerAt, PARTS, type Direction, type State } from "./state";

const strong = (text: string): Piece => ({ text, strong: true });
const text = (words: string): Piece => ({ text: words });
const nats = (value: number, column: Column | "base"): Piece => ({ text: `${signed(value)} nats`, column });

/** "Layer 2 of 4, spline coupling, half way": for the slider and the live region. */
export function whereWords(meta: Meta, position: number, direction: Direction): string {
  const layer = layerWords(meta, position, direction);
  const l = layerAt(position, meta.layers.length, direction);
  const cut = meta.layers[l]?.cut;
  if (cut === undefined) return layer;
  const done = direction === "normalize" ? position - l : l + 1 - position;
  return `${layer}, ${cut && done < 1 ? "a cut" : progressWords(done)}`;
}

export function layerWords({ layers }: Meta, position: number, direction: Direction): string {
  const l = layerAt(position, layers.length, direction);
  if (l < 0) return "Data side";
  if (l >= layers.length) return "Latent side";
  return `Layer ${l + 1} of ${layers.length}, ${layers[l]!.title}`;
}

/** What a key or a click has changed, for those who do not see it; null where nothing has. */
export function changeWords(before: State | null, now: State, set: Scene["set"], ledger: Ledger): string | null {
  if (!before) return null;
  if (before.direction !== now.direction) {
    return now.direction === "normalize" ? "Data to latent, normalize" : "Latent to data, generate";
  }
  if (before.selected !== now.selected) {
    const sum = `log p(x) ${plain(ledger.total)} nats`;
    return now.selected < 0 ? "No point chosen" : `Point ${now.selected + 1} of ${count(set.count)}, ${sum}`;
  }
  if (before.speed !== now.speed) return `Speed ${now.speed}`;
  const part = PARTS.find((one) => before.show[one] !== now.show[one]);
  return part ? `${part} ${now.show[part] ? "shown" : "hidden"}` : null;
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
  set: Pick<Particles, "name" | "count">;
  /** Where the chosen point is at the borders of the layers, 0 to L; null: the ledger is an average. */
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
  const { meta, ledger, path, set } = scene;
  const sum: Piece = strong(`log p(x) ${relation(scene)} ${plain(ledger.total)} nats`);
  if (path) {
    const intro = `: the point is at x = ${pair(path(0))}. Its ledger, added up from the base, says `;
    return [strong("Data side"), text(intro), sum, text(".")];
  }
  const intro = `: the colour is the model's density p(x). On average over ${pointsWords(set)}, `;
  return [strong("Data side"), text(intro), sum, text(`.${set.name === "data" ? entropyWords(meta) : ""}`)];
}

function entropyWords({ entropy }: Meta): string {
  if (entropy === null || entropy === undefined) return "";
  return ` On ever more such data no model averages more than ${plain(-entropy)}, minus their entropy.`;
}

function pointsWords({ name, count: n }: Scene["set"]): string {
  return `${count(n)} ${name === "data" ? "data points" : "draws of the model"}`;
}

function latentSide({ meta, ledger, path, set }: Scene): Piece[] {
  const base = meta.base;
  if (path) {
    const at = pair(path(meta.layers.length));
    const intro = `: the point is at z = ${at}, where the ${base} has log p(z) = `;
    const figure: Piece = { text: `${plain(ledger.base)} nats`, column: "base" };
    return [strong("Latent side"), text(intro), figure, text("; the layers add the rest.")];
  }
  const intro = `: the density is the base, a ${base}. On average over ${pointsWords(set)}, log p(z) = `;
  return [
    strong("Latent side"),
    text(intro),
    { text: `${plain(ledger.base)} nats`, column: "base" },
    text("; the layers add the rest."),
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
function volumeWords({ direction, path, set }: Scene, volume: number): Piece[] {
  const around = path ? "Around it" : `On average over ${pointsWords(set)}`;
  if (Math.abs(volume) < 0.005) {
    return [text(`${around} areas stay as they are: `), nats(volume, "volume"), text(". ")];
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
