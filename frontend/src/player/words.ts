/** The player in words: where it is, and what the layer does to the chosen point. */

import type { Ledger } from "../shared/ledger";
import { count, figure, pair, plain, signed } from "../shared/numbers";
import { pieces, type Piece } from "../shared/pieces";
import type { Say } from "../shared/strings";
import type { Column, Meta, Particles } from "../shared/trace";
import { layerAt, PARTS, type Direction, type State } from "./state";

const nats = (value: number, column: Column | "base", sign = true): Piece => ({
  text: `${sign ? signed(value) : plain(value)} nats`,
  column,
});

/** "Layer 2 of 4, spline coupling, half way": for the slider and the live region. */
export function whereWords(t: Say, meta: Meta, position: number, direction: Direction): string {
  const layer = layerWords(t, meta, position, direction);
  const l = layerAt(position, meta.layers.length, direction);
  const cut = meta.layers[l]?.cut;
  if (cut === undefined) return layer;
  const done = direction === "normalize" ? position - l : l + 1 - position;
  return `${layer}, ${t(cut && done < 1 ? "a cut" : progressKey(done))}`;
}

export function layerWords(t: Say, { layers }: Meta, position: number, direction: Direction): string {
  const l = layerAt(position, layers.length, direction);
  if (l < 0) return t("data side");
  if (l >= layers.length) return t("latent side");
  return t("layer of", { n: l + 1, of: layers.length, title: t(layers[l]!.title) });
}

/** What a key or a click has changed, for those who do not see it; null where nothing has. */
export function changeWords(t: Say, before: State | null, now: State, set: Scene["set"], ledger: Ledger): string | null {
  if (!before) return null;
  if (before.direction !== now.direction) return t(`said ${now.direction}`);
  if (before.selected !== now.selected) {
    const values = { n: now.selected + 1, of: count(set.count), sum: plain(ledger.total) };
    return now.selected < 0 ? t("said none") : t("said point", values);
  }
  if (before.speed !== now.speed) return t("said speed", { speed: now.speed });
  const part = PARTS.find((one) => before.show[one] !== now.show[one]);
  return part ? t(now.show[part] ? "said shown" : "said hidden", { part: t(part) }) : null;
}

function progressKey(done: number): string {
  return done >= 1 ? "progress done" : `progress ${Math.round(done * 4)}`;
}

export interface Scene {
  t: Say;
  meta: Meta;
  direction: Direction;
  position: number;
  ledger: Ledger;
  set: Pick<Particles, "name" | "count">;
  /** Where the chosen point is at the borders of the layers, 0 to L; null: the ledger is an average. */
  path: ((border: number) => [number, number]) | null;
}

export function sentence(scene: Scene): Piece[] {
  const { t, meta, position, direction } = scene;
  const l = layerAt(position, meta.layers.length, direction);
  if (l < 0) return dataSide(scene);
  if (l >= meta.layers.length) return latentSide(scene);
  const layer = meta.layers[l]!;
  const opening = pieces(t("opening", { n: l + 1, title: t(layer.title), action: t(layer.action) }));
  const moved = scene.path ? t("moved", ends(scene.path, l, direction)) : "";
  if (layer.cut) return [...opening, ...pieces(t("cut words", { moved }))];
  return [...opening, { text: moved }, ...termWords(scene, l)];
}

function dataSide(scene: Scene): Piece[] {
  const { t, meta, ledger, path, set } = scene;
  const relation = meta.exact ? "=" : "≥";
  const values = { relation, sum: plain(ledger.total), points: pointsWords(scene) };
  if (path) return pieces(t("data point", { ...values, at: pair(path(0)) }));
  const bound = set.name === "data" && meta.entropy !== null && meta.entropy !== undefined;
  return pieces(t("data average", values) + (bound ? t("entropy", { most: plain(-meta.entropy!) }) : ""));
}

function latentSide(scene: Scene): Piece[] {
  const { t, meta, ledger, path } = scene;
  const values = { base: t(meta.base), points: pointsWords(scene) };
  const words = path ? t("latent point", { ...values, at: pair(path(meta.layers.length)) }) : t("latent average", values);
  return pieces(words, { nats: nats(ledger.base, "base", false) });
}

function pointsWords({ t, set }: Scene): string {
  return t(set.name === "data" ? "data points" : "draws", { n: count(set.count) });
}

function ends(path: (border: number) => [number, number], l: number, direction: Direction) {
  const [from, to] = direction === "normalize" ? [l, l + 1] : [l + 1, l];
  return { from: pair(path(from)), to: pair(path(to)) };
}

function termWords(scene: Scene, l: number): Piece[] {
  const { volume, decoder, encoder } = scene.ledger.entries[l]!;
  const term = (column: Column, value: number | null) =>
    value === null ? [] : pieces(scene.t(`words ${column}`), { nats: nats(value, column) });
  return [...(volume === null ? [] : volumeWords(scene, volume)), ...term("decoder", decoder), ...term("encoder", encoder)];
}

/** Areas grow by exp(volume) on the way to the latent, and by its inverse on the way to the data. */
function volumeWords(scene: Scene, volume: number): Piece[] {
  const { t, direction, path } = scene;
  const around = path ? t("around") : t("on average", { points: pointsWords(scene) });
  const piece = { nats: nats(volume, "volume") };
  if (Math.abs(volume) < 0.005) return pieces(t("areas stay", { around }), piece);
  const change = direction === "normalize" ? volume : -volume;
  const values = {
    around,
    factor: figure(Math.exp(change)),
    inverse: figure(Math.exp(-change)),
    mean: path ? "" : t("geometric mean"),
    way: t(direction === "normalize" ? "to latent" : "to data"),
  };
  const charge = volume < 0 ? "charged" : direction === "normalize" ? "gets back" : "gets";
  return pieces(t(change > 0 ? "areas grow" : "areas shrink", values) + t(charge), piece);
}

export function captionWords(t: Say, points: number, chosen: boolean): string {
  return chosen ? t("caption point") : t("caption average", { n: count(points) });
}
