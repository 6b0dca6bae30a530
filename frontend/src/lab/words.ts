/** The layer in words: what it is, and what it does at the probe. */

import { figure, pair, plain, signed } from "../shared/numbers";
import { pieces, type Piece } from "../shared/pieces";
import type { Say } from "../shared/strings";
import type { Column } from "../shared/trace";
import { choiceOf, type Kind } from "./maths/kind";
import type { Scene } from "./scene";

export function sentenceOf(scene: Scene, t: Say): Piece[] {
  const { fault } = scene.state;
  if (fault) return pieces(t(`broken.${fault}`));
  return [...pieces(aboutOf(scene, t)), { text: " " }, ...atProbe(scene, t)];
}

/** What the kind is, as its choice stands. */
function aboutOf({ kind, state }: Scene, t: Say): string {
  const own = `about.${kind.name}.${choiceOf(kind, state.params)}`;
  return t(own) === own ? t(`about.${kind.name}`) : t(own);
}

function atProbe(scene: Scene, t: Say): Piece[] {
  const columns = (["volume", "decoder", "encoder"] as const).filter((column) => scene.account[column]);
  return columns.flatMap((column) => wordsOf(column, scene, t));
}

function wordsOf(column: Column, { account, kind, state }: Scene, t: Say): Piece[] {
  const value = account[column]![0]!;
  const nats: Piece = { text: `${signed(value)} ${t("nats")}`, column };
  const key = Math.abs(value) < 0.005 ? "same" : value > 0 ? "gain" : "cost";
  const words = { factor: figure(Math.exp(Math.abs(value))), levels: String(state.params["levels"]) };
  return [...pieces(t(`${placeOf(column, kind)}.${key}`, words), { nats }), { text: " " }];
}

/** What a column is of: areas of the plane, what is kept of it, copies; noise, or noise in cells. */
function placeOf(column: Column, { name, dataDim, latentDim }: Kind): string {
  if (column === "volume" && dataDim > latentDim) return name === "tile" ? "copies" : "kept";
  return column === "encoder" && name === "dequantization" ? "cells" : column;
}

/** What a screen reader hears when something has moved. */
export function spoken({ x, z, account, kind }: Scene, t: Say): string {
  return t("spoken", { x: tuple(x), z: tuple(z), total: `${kind.exact ? "" : "≥ "}${plain(account.total[0]!)}` });
}

export function tuple(values: ArrayLike<number>): string {
  if (values.length === 2) return pair([values[0]!, values[1]!]);
  return values.length === 1 ? plain(values[0]!) : `(${Array.from(values, (v) => plain(v)).join(", ")})`;
}
