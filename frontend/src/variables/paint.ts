/** One picture on its canvases: the scene, what was predicted, the ribbon of all stages. */

import { penOf } from "../shared/canvas";
import { plain } from "../shared/numbers";
import type { QuestionCard } from "../shared/question";
import type { Say } from "../shared/strings";
import { draw, type Shown, type Veil } from "./draw";
import { drawAnswer } from "./drawAnswer";
import type { Grip } from "./grips";
import type { Ink } from "./ink";
import type { Room } from "./layout";
import { drawRibbon, RIBBON_HEIGHT } from "./ribbon";
import type { Scene } from "./scene";
import type { State } from "./state";
import { curveName, stageName } from "./words";

export interface Easel {
  canvas: HTMLCanvasElement;
  ribbon: HTMLCanvasElement;
  room: Room;
  ink: Ink;
  card: QuestionCard;
  /** The crosshair of a question, CSS pixels. */
  cross: [number, number] | null;
  t: Say;
}

export type Look = Pick<Shown, "veil" | "lit" | "active">;

export function paint(easel: Easel, state: State, scene: Scene, look: Look): void {
  const { canvas, room, ink, card, cross, t } = easel;
  const pen = penOf(canvas, room.layout.width, room.layout.height, room.scale);
  draw(pen, scene, { ...look, ...wordsOn(state, scene, t), bars: state.bars }, ink);
  const question = card.current();
  const aim = cross && (cross.map((pixel) => pixel / room.scale) as [number, number]);
  if (question) drawAnswer(pen, scene, question, card.given(), card.asking() ? aim : null, ink);
  paintRibbon(easel, state, scene, look.veil);
}

function wordsOn({ maps, notation, ...state }: State, { from, to }: Scene, t: Say): Pick<Shown, "names" | "beyond"> {
  const last = maps.length;
  return {
    names: {
      from: t(from === 0 ? "p(z), the base" : "p({name})", { name: stageName(from, last) }),
      to: t(to === last ? "p(x), the data side" : "p({name})", { name: stageName(to, last) }),
      curve: curveName({ maps, notation, ...state }, from, to),
    },
    beyond: (share) => t("beyond", { share: plain(100 * share, 1) }),
  };
}

function paintRibbon({ ribbon, ink }: Easel, { maps }: State, scene: Scene, veil: Veil): void {
  if (maps.length < 2) return;
  const width = ribbon.clientWidth || ribbon.parentElement!.clientWidth;
  drawRibbon(penOf(ribbon, width, RIBBON_HEIGHT), scene, width, ink, veil.probe || veil.data);
}

/** What can be taken hold of: the handles, and the probe where it is to be seen. */
export function gripsOf({ handles, probe, from, to, view }: Scene, veil: Veil, t: Say): Grip[] {
  const grips: Grip[] = handles.map((one) => ({ ...one, label: t(`handle ${one.label}`, { knot: one.name.slice(5) }) }));
  const [u, v] = [probe.values[from]!, veil.probe ? view.to[0] : probe.values[to]!];
  return Number.isFinite(v) ? [...grips, { name: "probe", label: t("probe"), u, v }] : grips;
}
