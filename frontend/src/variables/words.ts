/** The widget in words and figures: names of the stages, the table at the probe, the sentence. */

import { figure, plain, signed } from "../shared/numbers";
import type { Row } from "../shared/parts";
import { pieces, type Piece } from "../shared/pieces";
import type { Say } from "../shared/strings";
import type { Scene } from "./scene";
import type { State } from "./state";

/** z, h₁, h₂, ..., x. */
export function stageName(k: number, maps: number): string {
  if (k === 0) return "z";
  return k === maps ? "x" : `h${"₀₁₂₃₄"[k]}`;
}

export function mapName({ maps }: State, k: number, t: Say): string {
  const { kind, title } = maps[k]!;
  return title ?? t(kind);
}

/** The curve in the present notation: x = f(z), or the same curve read the other way round. */
export function curveName({ maps, notation }: State, from: number, to: number): string {
  const [a, b] = [stageName(from, maps.length), stageName(to, maps.length)];
  const f = maps.length > 1 && to - from === 1 ? `f${"₁₂₃₄"[from]}` : "f";
  return notation === "data" ? `${b} = ${f}(${a})` : `${a} = ${f}(${b})`;
}

const HIDDEN = "?";

/** One map: every step of the formula. */
export function stepRows({ notation }: State, { probe }: Scene, veiled: boolean): Row[] {
  const [z, x] = [probe.values[0]!, probe.values.at(-1)!];
  const data = notation === "data";
  const log = data ? probe.logs[0]! : -probe.logs[0]!;
  const ways: [string, number][] = data ? [["z", z], ["x = f(z)", x]] : [["x", x], ["z = f(x)", z]];
  const ratio = data ? "dx/dz" : "dz/dx";
  const hide = (text: string) => (veiled ? HIDDEN : text);
  const side = (label: string, text: string) => (label.startsWith("x") ? hide(text) : text);
  return [
    ...ways.map(([label, value]): Row => ({ key: label[0]!, label, value: side(label, signed(value)) })),
    { key: "base", label: "log p(z)", column: "base", value: signed(probe.base) },
    { key: "volume", label: `|${ratio}|`, value: hide(figure(Math.exp(log))), current: true },
    { key: "volume", label: `${data ? "−" : "+"} log |${ratio}|`, column: "volume", value: hide(signed(probe.terms[0]!)) },
    { key: "total", label: "log p(x)", value: hide(signed(probe.total)), total: true },
  ];
}

/** Several maps: what each adds, and where the probe arrives. */
export function mapRows(state: State, { probe, from, to }: Scene, veiled: boolean, t: Say): Row[] {
  const most = Math.max(...probe.terms.map(Math.abs).filter(Number.isFinite), 1);
  const hide = (text: string) => (veiled ? HIDDEN : text);
  const one = (k: number): Row => ({
    key: `map-${k + 1}`,
    label: `${k + 1} ${mapName(state, k, t)}`,
    column: "volume",
    value: hide(signed(probe.terms[k]!)),
    ...(veiled || !Number.isFinite(probe.terms[k]!) ? {} : { bar: probe.terms[k]! / most }),
    running: hide(signed(probe.values[k + 1]!)),
    current: from === k && to === k + 1,
  });
  return [
    { key: "base", label: "log p(z)", column: "base", value: signed(probe.base), running: signed(probe.values[0]!) },
    ...state.maps.map((_, k) => one(k)),
    { key: "total", label: "log p(x)", value: hide(signed(probe.total)), total: true },
  ];
}

/** What the picture shows, the directions by the names of their two sides. */
export function sentenceOf(state: State, scene: Scene, veiled: boolean, t: Say): Piece[] {
  const { probe, from, to, mass } = scene;
  const names = { a: stageName(from, state.maps.length), b: stageName(to, state.maps.length) };
  if (veiled) return pieces(t("say veiled"));
  if (!Number.isFinite(probe.values[to]!)) return pieces(t("say nowhere", names));
  if (state.rule !== "right") return pieces(t(`say ${state.rule}`, { ...names, mass: plain(mass, 3) }));
  const log = probe.logs.slice(from, to).reduce((a, b) => a + b, 0);
  const way = state.notation === "data" ? log : -log;
  if (!Number.isFinite(log)) return pieces(t(log < 0 ? "say flat" : "say upright", names));
  const key = Math.abs(way) < 0.005 ? "same" : way > 0 ? "wider" : "narrower";
  const direction = t(state.notation === "data" ? "latent to data" : "data to latent");
  const words = t(`say ${key} ${state.notation}`, { ...names, direction, factor: figure(Math.exp(Math.abs(way))) });
  const term = `${signed(log === 0 ? 0 : -log)} nats`;
  return [...pieces(words, { term: { text: term, column: "volume" } }), ...pieces(` ${t("say bars")}`)];
}

/** The verdict on the mass, and what is wrong with it. */
export function massVerdict({ rule }: State, { mass, stack, to }: Scene, t: Say): { good: boolean; note: string } {
  if (!Number.isFinite(mass)) return { good: false, note: t("mass endless") };
  const good = Math.abs(mass - 1) < 0.002;
  if (good) return { good, note: rule === "right" ? "" : t("mass by chance") };
  const cut = rule === "right" && stack.curves.slice(0, to).some(({ domain }) => domain.some(Number.isFinite));
  return { good, note: t(cut ? "mass cut" : "mass broken") };
}
