/** The layer in words: what it is, and what it does at the probe. */

import { figure, pair, plain, signed } from "../shared/numbers";
import { pieces, type Piece } from "../shared/pieces";
import type { Say } from "../shared/strings";
import type { Column } from "../shared/trace";
import type { Scene } from "./scene";

export function sentenceOf(scene: Scene, t: Say): Piece[] {
  const { state, kind } = scene;
  if (state.fault) return pieces(t(`broken.${state.fault}`));
  return [...pieces(t(`about.${kind.name}`)), { text: " " }, ...atProbe(scene, t)];
}

function atProbe({ account }: Scene, t: Say): Piece[] {
  const columns = (["volume", "decoder", "encoder"] as const).filter((column) => account[column]);
  return columns.flatMap((column) => wordsOf(column, account[column]![0]!, t));
}

function wordsOf(column: Column, value: number, t: Say): Piece[] {
  const nats: Piece = { text: `${signed(value)} ${t("nats")}`, column };
  const key = Math.abs(value) < 0.005 ? "same" : value > 0 ? "gain" : "cost";
  const factor = figure(Math.exp(Math.abs(value)));
  return [...pieces(t(`${column}.${key}`, { factor }), { nats }), { text: " " }];
}

/** What a screen reader hears when something has moved. */
export function spoken({ x, z, account, kind }: Scene, t: Say): string {
  return t("spoken", { x: tuple(x), z: tuple(z), total: `${kind.exact ? "" : "≥ "}${plain(account.total[0]!)}` });
}

export function tuple(values: ArrayLike<number>): string {
  if (values.length === 2) return pair([values[0]!, values[1]!]);
  return values.length === 1 ? plain(values[0]!) : `(${Array.from(values, (v) => plain(v)).join(", ")})`;
}
