/** The player's questions: what is true by the picture, and how an answer is shown in it. */

import type { Model } from "../shared/afm";
import { aimOn, type Aiming, type Point } from "../shared/aim";
import type { Answer, Question } from "../shared/judge";
import { ledgerOf } from "../shared/ledger";
import type { Marks } from "../shared/marks";
import { figure } from "../shared/numbers";
import { questionCard, type QuestionCard } from "../shared/question";
import type { Say } from "../shared/strings";
import { COLUMNS, momentAt, pointAt, tween, viewAt, type Trace } from "../shared/trace";
import { blocksOf, ringArea, type Blocks } from "./blocks";
import { densest, overlap } from "./outline";
import type { Picture } from "./scene";
import { particlesOf, readState } from "./state";

export interface Asking {
  card: QuestionCard;
  aiming: Aiming;
  /** The block that the question, or the audit, is about; null: none. */
  block(): number | null;
  /** What the question has to draw, in CSS pixels. */
  marks(): Marks;
}

export function createAsking(
  root: HTMLElement,
  canvas: HTMLCanvasElement,
  model: Model,
  trace: Trace,
  picture: Picture,
  t: Say,
  redraw: () => void,
  signal: AbortSignal,
): Asking {
  const { layers } = trace.meta;
  const blocks = trace.mesh ? blocksOf(trace.mesh) : null;
  const state = () => readState(model, trace);
  const kind = () => card.current()?.kind;

  const sideOf = ({ side }: Question) => (side === "data" ? 0 : layers.length);

  function landing(question: Question): Point {
    const { direction, selected } = state();
    return pointAt(particlesOf(trace, direction), Math.max(0, selected), momentAt(layers, sideOf(question)));
  }

  function block(): number | null {
    const question = card.current();
    if (!blocks || (kind() !== "factor" && !state().show.audit)) return null;
    return blockOf(blocks, trace, state(), question?.["block"]);
  }

  /** How many times larger the block is on the other side than on the side where it started. */
  function areaFactor(question: Question): number {
    const { mesh } = trace;
    const ring = blocks!.ring(block() ?? 0);
    const corners = new Float32Array(2 * (mesh!.cells + 1) ** 2);
    const area = (position: number) => ringArea(tween(mesh!.corners, corners.length, momentAt(layers, position), corners), ring);
    const [from, to] = [Number(question["from"] ?? 0), Number(question["to"] ?? layers.length)];
    return area(to) / area(from);
  }

  /** A figure of the chosen point's ledger: "log_prob", "base", "volume 2". */
  function ledgerFigure(of: string): number | null {
    const { direction, selected } = state();
    const ledger = ledgerOf(layers, particlesOf(trace, direction), Math.max(0, selected));
    if (of === "base") return ledger.base;
    if (of === "log_prob") return ledger.total;
    const [column, layer] = of.split(" ");
    const entry = ledger.entries[Number(layer) - 1];
    return COLUMNS.includes(column as never) && entry ? entry[column as (typeof COLUMNS)[number]] : null;
  }

  function truth(question: Question): unknown {
    if (question.kind === "point") return landing(question);
    if (question.kind === "factor" && trace.mesh) return areaFactor(question);
    return typeof question["of"] === "string" ? ledgerFigure(question["of"]) : null;
  }

  function region(position: number) {
    const { mesh, meta } = trace;
    const moment = momentAt(layers, position);
    const { center, radius } = viewAt(meta, moment);
    const corners = tween(mesh!.corners, 2 * (mesh!.cells + 1) ** 2, moment, new Float32Array(2 * (mesh!.cells + 1) ** 2));
    return { inside: densest(mesh!, corners, center, radius), center, radius };
  }

  const card = questionCard(root, model, t, {
    truth,
    redraw,
    judge(question, given) {
      if (question.kind !== "sketch" || !trace.mesh) return null;
      const { inside, center, radius } = region(state().position);
      const gap = 1 - overlap(given as Point[], inside, center, radius);
      return { gap, right: gap <= (question.tolerance ?? 0.5) };
    },
    words: ({ kind }, answer) => wordsOf(kind, answer, t),
    reveal({ kind }) {
      if (kind === "sketch") model.set("show_density", true);
      if (kind === "point" || kind === "factor") model.set("playing", true);
      model.save_changes();
    },
  });

  const aiming = aimOn(
    canvas,
    {
      locate: (x, y) => {
        const at = picture.locate(x, y);
        return [at.x, at.y];
      },
      wants: () => (card.asking() && (kind() === "point" || kind() === "sketch") ? (kind() as "point" | "sketch") : null),
      draft: card.draft,
      give: card.give,
    },
    signal,
  );

  function marks(): Marks {
    const question = card.current();
    if (!question) return {};
    const [cross, given] = [aiming.cross(), card.given()];
    if (question.kind === "sketch") return { cross, sketch: ((given as Point[] | null) ?? []).map(picture.place) };
    if (question.kind !== "point" || card.asking() || !given) return { cross };
    return { cross, given: picture.place(given as Point), truth: picture.place(landing(question)) };
  }

  return { card, aiming, block, marks };
}

function wordsOf(kind: string, { given, truth, gap }: Answer, t: Say): string | null {
  if (kind === "sketch") return t("gap outline", { share: Math.round(100 * (1 - (gap ?? 1))) });
  if (kind !== "factor") return null;
  return t("gap cell", { given: figure(Number(given)), truth: figure(Number(truth)), gap: figure(Math.exp(Math.abs(gap ?? 0))) });
}

/** The block that is asked for; that of the chosen particle; the one in the middle. */
function blockOf(blocks: Blocks, trace: Trace, { selected, direction }: ReturnType<typeof readState>, asked: unknown): number {
  if (typeof asked === "number") return asked;
  if (selected >= 0) return blocks.of(particlesOf(trace, direction), selected);
  return Math.floor(blocks.side / 2) * (blocks.side + 1);
}
