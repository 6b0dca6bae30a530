/** The widget in words and figures: the tables, the cost, the sentence. */

import { count, plain, signed } from "../shared/numbers";
import type { Row } from "../shared/parts";
import { pieces, type Piece } from "../shared/pieces";
import type { Say } from "../shared/strings";
import type { Kernel } from "./kernel";
import { imageName } from "./pickers";
import type { Lab } from "./record";
import type { State } from "./state";

const HIDDEN = "?";

/** ≤ where the flow gives a bound on the bits. */
export const relation = ({ meta }: Lab) => ({ exact: "=", "lower bound": "≤", estimate: "≈" })[meta.likelihood];

/** The terms of the image in view, base first, and their sum; null while there are none. */
export function accountOf(state: State, { meta }: Lab, kernel: Kernel): { terms: number[]; bits: number } | null {
  if (state.view !== "draw") return { terms: meta.terms[state.chosen]!, bits: meta.bits[state.chosen]! };
  return kernel.scored();
}

/** What the image in view costs (null: not known), with how many digits it is given, and what it is. */
export function costOf(state: State, lab: Lab, kernel: Kernel, t: Say): { bits: number | null; digits: number; note: string } {
  const { noise, likelihood, bits } = lab.meta;
  const whole = t(likelihood, { noise });
  if (state.view === "walk") {
    const { along, mode, chosen, other } = state;
    const step = { bits: lab.walkBits(along, mode, chosen, other), digits: 2 };
    return { ...step, note: atEnd(state, lab) ? whole : t("of this step") };
  }
  if (state.view !== "draw") return { bits: bits[state.chosen]!, digits: 3, note: whole };
  if (!kernel.there) return { bits: null, digits: 3, note: t("wants kernel") };
  const score = kernel.scored();
  const fresh = score?.drawing === state.drawing;
  return { bits: score?.bits ?? null, digits: 3, note: fresh ? whole : t(kernel.silent() ? "silent" : "under way") };
}

/** A step of the walk that is one of the images. */
function atEnd({ chosen, other, along, mode }: State, { steps }: Lab): boolean {
  return chosen === other || (mode === 0 && (along === 0 || along === steps - 1));
}

export function ledgerRows(state: State, lab: Lab, kernel: Kernel, veiled: boolean, t: Say): Row[] {
  const account = accountOf(state, lab, kernel);
  if (!account || veiled) return [{ key: "total", label: "bits/dim", value: HIDDEN, total: true }];
  const most = Math.max(...account.terms.map(Math.abs));
  let sum = 0;
  const one = (label: string, column: Row["column"], value: number): Row => {
    sum += value;
    return { key: column!, label, ...(column ? { column } : {}), value: signed(value, 3), bar: value / most, running: plain(sum, 3) };
  };
  const base = one(`−log₂ p(z) / ${lab.meta.dim}`, "base", account.terms[0]!);
  const rows = lab.meta.rows.map(([layer, title, column], i) => one(`${layer} ${column}, ${t(title)}`, column, account.terms[i + 1]!));
  return [base, ...rows, { key: "total", label: "bits/dim", value: relation(lab), running: plain(account.bits, 3), total: true }];
}

export function temperatureRows(state: State, lab: Lab, kernel: Kernel): Row[] {
  const drawn = kernel.draws();
  const means = lab.meta.temperatures.map((_, i) => {
    const bits = Array.from(drawn?.bits(i) ?? lab.drawBits(i));
    return bits.reduce((a, b) => a + b, 0) / bits.length;
  });
  const most = Math.max(...means.map(Math.abs));
  return means.map((mean, i) => ({
    key: `T${i}`, label: `T = ${plain(lab.meta.temperatures[i]!)}`, column: "base", value: plain(mean), share: Math.max(0, mean / most), current: i === state.temperature,
  }));
}

export function depthRows(state: State, lab: Lab, t: Say): Row[] {
  return lab.meta.depths.map(({ layer, title, numbers }, k) => ({
    key: `depth${k}`,
    label: layer ? `${layer} ${t(title)}` : t("the image"),
    value: String(numbers),
    share: numbers / lab.meta.depths[0]!.numbers,
    column: "base",
    running: [0, 1].map((side) => plain(lab.backBits(k, side, state.chosen))).join(" / "),
    current: k === state.depth,
  }));
}

export function sentenceOf(state: State, lab: Lab, kernel: Kernel, veiled: boolean, t: Say): Piece[] {
  if (veiled) return pieces(t("say veiled"));
  const name = imageName(lab, state.chosen, t);
  switch (state.view) {
    case "sample":
      return pieces(t("say sample", { temperature: plain(lab.meta.temperatures[state.temperature]!) }));
    case "walk":
      return pieces(walkWords(state, lab, t));
    case "latent":
      return pieces(latentWords(state, lab, kernel, t));
    case "layers":
      return pieces(layersWords(state, lab, t));
    case "bits":
      return pieces(bitsWords(state, lab, name, t));
    case "draw":
      return pieces(t(kernel.there ? "say draw" : "say draw alone"));
  }
}

/** What stands out is said: a step that costs less than both ends. */
function walkWords(state: State, lab: Lab, t: Say): string {
  const { chosen, other, along, mode } = state;
  if (chosen === other) return t("say walk nowhere");
  const told = t(`say walk ${lab.meta.modes[mode]}`, { from: imageName(lab, chosen, t), to: imageName(lab, other, t) });
  const { bits } = lab.meta;
  const cheap = lab.walkBits(along, mode, chosen, other) < Math.min(bits[chosen]!, bits[other]!) - NOISE;
  return cheap ? `${told} ${t("say walk cheap")}` : told;
}

/** Single draws of noise spread by 0.03 to 0.05 bits/dim: a gap of three times that is no accident. */
const NOISE = 0.15;

function latentWords({ latent, chosen, shift, mode }: State, lab: Lab, { there }: Kernel, t: Say): string {
  const { shifts, modes } = lab.meta;
  const [value, by] = [lab.code(chosen)[latent]!, shifts[shift]!];
  const told = [t("say latent", { latent: latent + 1, value: plain(value), shift: signed(by, 0), now: plain(value + by) })];
  if (modes.length > 1) told.push(t(`say latent ${modes[mode]}`));
  return [...told, t(there ? "say any latent" : "say some latents")].join(" ");
}

function layersWords({ depth }: State, { meta }: Lab, t: Say): string {
  const { layer, numbers, title } = meta.depths[depth]!;
  if (layer === 0) return t("say depth 0");
  if (meta.modes.length < 2) return t("say nothing dropped");
  return t("say depth", { layer, title: t(title), numbers, all: meta.depths[0]!.numbers });
}

function bitsWords({ chosen, pixel, heat }: State, lab: Lab, name: string, t: Say): string {
  const { meta } = lab;
  if (!pixel || !heat) return t("say bits", { name, bits: plain(meta.bits[chosen]!, 3), total: count(Math.round(meta.bits[chosen]! * meta.dim)), dim: meta.dim });
  const bits = lab.heat(chosen)[pixel[0] * meta.shape[2] + pixel[1]]!;
  return t(bits < 0 ? "say pixel back" : "say pixel", { row: pixel[0] + 1, column: pixel[1] + 1, bits: plain(Math.abs(bits), 1) });
}
