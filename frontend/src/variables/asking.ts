/** Questions about the picture: what each hides, what is true, and how far off an answer is. */

import type { Answer, Hooks, Question } from "../shared/question";
import { figure, plain } from "../shared/numbers";
import type { Say } from "../shared/strings";
import type { Veil } from "./draw";
import type { Scene } from "./scene";

const OPEN: Veil = { data: false, probe: false };

export function veilOf(question: Question | null, asking: boolean): Veil {
  if (!question || !asking || question.kind === "choice") return OPEN;
  const sketch = question.kind === "sketch";
  return { data: sketch, probe: !sketch };
}

/** The number that a question is about: "x", "slope", "term", "log p(x)", or the mass. */
function quantity({ probe, mass }: Scene, of: unknown): number {
  switch (of) {
    case "x":
      return probe.values.at(-1)!;
    case "slope":
      return Math.exp(probe.logs.reduce((a, b) => a + b, 0));
    case "term":
      return probe.total - probe.base;
    case "mass":
      return mass;
    default:
      return probe.total;
  }
}

/** The density of the left stage on `COLUMNS` cells of its window. */
export const COLUMNS = 48;

export function truthOf(scene: Scene, question: Question): unknown {
  const { probe, to } = scene;
  switch (question.kind) {
    case "point":
      return [probe.values[scene.from]!, probe.values[to]!];
    case "factor":
      return Math.exp(probe.total - probe.base);
    case "sign":
      return quantity(scene, question["of"] ?? "term");
    case "sketch":
      return cellsOf(scene).map((p) => Number(p.toFixed(4)));
    default:
      return quantity(scene, question["of"]);
  }
}

/** Mean density in each cell of the window on the left, by the drawn curve. */
export function cellsOf({ carried, to, view }: Scene): number[] {
  const [low, high] = view.to;
  const width = (high - low) / COLUMNS;
  const cells = new Array<number>(COLUMNS).fill(0);
  const [v, p] = [carried.values[to]!, carried.density[to]!];
  for (let i = 0; i + 1 < v.length; i++) {
    const piece = (Math.abs(v[i + 1]! - v[i]!) * (p[i]! + p[i + 1]!)) / 2;
    if (!Number.isFinite(piece)) continue;
    const [a, b] = [Math.min(v[i]!, v[i + 1]!), Math.max(v[i]!, v[i + 1]!)];
    const first = Math.max(0, Math.floor((a - low) / width));
    const last = Math.min(COLUMNS - 1, Math.floor((b - low) / width));
    for (let c = first; c <= last; c++) {
      const inside = Math.min(b, low + (c + 1) * width) - Math.max(a, low + c * width);
      cells[c]! += (piece * (b > a ? Math.max(0, inside) / (b - a) : 1)) / width;
    }
  }
  return cells;
}

/** Corners (p, v) of a drawn curve as a density a cell; nothing beyond its two ends. */
export function sketched(corners: [number, number][], [low, high]: readonly [number, number]): number[] {
  const points = [...corners].sort((a, b) => a[1] - b[1]);
  const width = (high - low) / COLUMNS;
  return Array.from({ length: COLUMNS }, (_, c) => heightAt(points, low + (c + 0.5) * width));
}

function heightAt(points: [number, number][], v: number): number {
  const next = points.findIndex((point) => point[1] >= v);
  if (next <= 0) return 0;
  const [[p, a], [q, b]] = [points[next - 1]!, points[next]!];
  return Math.max(0, p + (b > a ? ((v - a) / (b - a)) * (q - p) : 0));
}

/** Half of the area between two densities: 0 where they are the same, 1 where they never meet. */
export function distance(p: number[], q: number[], width: number): number {
  return (p.reduce((sum, one, i) => sum + Math.abs(one - q[i]!), 0) * width) / 2;
}

/** Share of the window within which a click is right. */
const NEAR = 0.05;
const NEAR_SKETCH = 0.25;

export function judgeOf(scene: Scene, { kind, tolerance }: Question, given: unknown, truth: unknown): ReturnType<NonNullable<Hooks["judge"]>> {
  const span = scene.view.to[1] - scene.view.to[0];
  if (kind === "point") {
    const gap = Number((given as number[])[1]) - Number((truth as number[])[1]);
    return { gap, right: Math.abs(gap) <= (tolerance ?? NEAR * span) };
  }
  if (kind !== "sketch") return null;
  const gap = distance(given as number[], truth as number[], span / COLUMNS);
  return { gap, right: gap <= (tolerance ?? NEAR_SKETCH) };
}

export function wordsOf({ kind }: Question, { given, truth, gap }: Answer, t: Say): string | null {
  if (kind === "point") {
    const [said, is] = [given, truth].map((point) => plain((point as number[])[1]!));
    return t("gap x", { given: said!, truth: is!, gap: plain(Math.abs(gap ?? 0)) });
  }
  return kind === "sketch" ? t("gap sketch", { gap: figure(100 * (gap ?? 0), 2) }) : null;
}
