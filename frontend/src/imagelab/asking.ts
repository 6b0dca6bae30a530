/** Questions that the picture answers by itself, and what each hides while it is open. */

import type { Answer, Hooks, Question } from "../shared/question";
import { plain } from "../shared/numbers";
import type { Say } from "../shared/strings";
import type { Lab } from "./record";
import type { State } from "./state";

/** Figures and heat are the answer to every question about them. */
export function veils(question: Question | null, asking: boolean): boolean {
  return asking && question !== null && (question.kind !== "choice" || question["of"] === "costlier");
}

/** What a question that compares the two images of a walk calls them. */
export function versusOf(question: Question | null): string[] | null {
  return question?.["of"] === "costlier" && question.options?.length === 2 ? question.options : null;
}

export function truthOf(lab: Lab, state: State, question: Question): unknown {
  const { bits } = lab.meta;
  switch (question.kind) {
    case "choice":
      if (question["of"] !== "costlier") return null;
      return question.options?.[bits[state.chosen]! >= bits[state.other]! ? 0 : 1];
    case "number":
      return bits[state.chosen];
    case "point":
      return hottestPlace(lab, state.chosen);
    default:
      return null;
  }
}

/** The middle (column, row) of the 5 x 5 pixels that cost most. */
export function hottestPlace(lab: Lab, k: number): [number, number] {
  const [, rows, columns] = lab.meta.shape;
  const heat = lab.heat(k);
  let best: [number, number] = [0, 0];
  let most = -Infinity;
  for (let r = 2; r < rows - 2; r++) {
    for (let c = 2; c < columns - 2; c++) {
      let sum = 0;
      for (let i = -2; i <= 2; i++) for (let j = -2; j <= 2; j++) sum += heat[(r + i) * columns + c + j]!;
      if (sum > most) [most, best] = [sum, [c + 0.5, r + 0.5]];
    }
  }
  return best;
}

/** Pixels within which a place is right. */
const NEAR = 4;

export function judgeOf({ kind, tolerance }: Question, given: unknown, truth: unknown): ReturnType<NonNullable<Hooks["judge"]>> {
  if (kind !== "point") return null;
  const [[a, b], [c, d]] = [given, truth] as [number[], number[]];
  const gap = Math.hypot(a! - c!, b! - d!);
  return { gap, right: gap <= (tolerance ?? NEAR) };
}

export function wordsOf({ kind, of }: Question & { of?: unknown }, { gap, given, truth }: Answer, lab: Lab, state: State, t: Say): string | null {
  if (kind === "point") return t("gap pixels", { gap: plain(gap ?? 0, 1) });
  if (kind !== "choice" || of !== "costlier") return null;
  const [a, b] = [state.chosen, state.other].map((k) => plain(lab.meta.bits[k]!));
  return t("gap costlier", { given: String(given), truth: String(truth), a: a!, b: b! });
}
