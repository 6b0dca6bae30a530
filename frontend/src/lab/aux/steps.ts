/** A residual layer has no formula backwards: steps to the fixed point, and the series of its volume. */

import { h } from "../../shared/dom";
import { signed } from "../../shared/numbers";
import { Board } from "../board";
import { inks } from "../inks";
import { beginPlot } from "../plot";
import type { Scene } from "../scene";
import { hushed, type Hooks, type Stage } from "../stage/stage";

const STEPS = 24;
const TERMS = 12;

export function createSteps(hooks: Hooks): Stage {
  const { t } = hooks;
  const [steps, series] = [new Board("steps"), new Board("series")];
  for (const board of [steps, series]) {
    board.el.tabIndex = -1;
    board.el.setAttribute("role", "img");
  }
  const el = h("div", { class: "flowviz-plots" }, h("figure", {}, steps.el), h("figure", {}, series.el));

  /** How far each step of x ← z − g(x) is from the x of the probe, in powers of ten. */
  function drawSteps(scene: Scene): void {
    const { palette, x, z, sound } = scene;
    const ink = inks(palette.theme);
    beginPlot(steps, palette, { x: [-0.5, STEPS + 0.5], y: [-8.5, 1.5] }, t("steps"), [t("step"), ""]);
    const away = sound.orbit!(z, STEPS).map((at) => Math.log10(Math.max(1e-9, Math.hypot(at[0]! - x[0]!, at[1]! - x[1]!))));
    const path = away.flatMap((value, k) => [k, value]);
    const settles = away[STEPS]! < away[0]! - 0.5;
    steps.line(path, settles ? ink.accent : ink.decoder, 2, settles ? [] : [5, 3]);
    away.forEach((value, k) => steps.disc(k, value, 2.6, settles ? ink.accent : ink.decoder));
    const words = settles ? t("steps.settle", { k: String(STEPS), gap: power(away[STEPS]!) }) : t("steps.stray");
    steps.say(words, steps.frame.width - 8, 32, ink.mute, { size: 11.5, align: "right" });
    steps.describe(t("steps"), words);
  }

  /** Terms of log det(1 + J) = tr J − tr J²/2 + ..., their partial sums, and the truth. */
  function drawSeries(scene: Scene): void {
    const { palette, x, sound, account } = scene;
    const ink = inks(palette.theme);
    const terms = sound.series!(x, TERMS);
    const truth = account.volume![0]!;
    let sum = 0;
    const sums = terms.map((term) => (sum += term));
    const most = Math.max(0.3, ...[...sums, ...terms, truth].filter(Number.isFinite).map(Math.abs)) * 1.5;
    beginPlot(series, palette, { x: [0.3, TERMS + 0.7], y: [-Math.min(most, 9), Math.min(most, 9)] }, t("series"), [t("terms"), ""]);
    if (hushed(hooks)) return series.describe(t("series"), "");
    series.line([0, truth, TERMS + 1, truth], ink.volume, 1.6, [6, 3]);
    terms.forEach((term, i) => {
      const k = i + 1;
      series.fill([k - 0.3, 0, k + 0.3, 0, k + 0.3, term, k - 0.3, term], ink.volume, 0.28);
      series.line([k, sums[i]!, k, truth], ink.decoder, 2.4);
      series.disc(k, sums[i]!, 2.8, ink.ink);
    });
    const error = signed(sums[TERMS - 1]! - truth, 3);
    const words = t("series.error", { k: String(TERMS), error });
    series.say(words, series.frame.width - 8, 32, ink.mute, { size: 11.5, align: "right" });
    series.describe(t("series"), words);
  }

  return {
    el,
    boards: [steps, series],
    draw(scene) {
      drawSteps(scene);
      drawSeries(scene);
    },
    resize(width, _tall, ratio) {
      const side = width >= 440 ? Math.floor((width - 14) / 2) : width;
      el.classList.toggle("flowviz-two", side < width);
      for (const board of [steps, series]) board.resize(side, 168, ratio);
    },
  };
}

/** A power of ten, to the nearest whole one. */
function power(exponent: number): string {
  const whole = Math.round(exponent);
  return `10${whole < 0 ? "⁻" : ""}${"⁰¹²³⁴⁵⁶⁷⁸⁹"[Math.abs(whole)]}`;
}
