/** Beside the picture: formula, table at the probe, sliders, the mass and how to break it, the question. */

import { h } from "../shared/dom";
import { formulaCard, type Term } from "../shared/formula";
import type { Lighter } from "../shared/light";
import { meter, switchControl, termTable } from "../shared/parts";
import type { Say } from "../shared/strings";
import type { Commands } from "./commands";
import type { Scene } from "./scene";
import { createSliders } from "./sliders";
import type { State } from "./state";
import { mapRows, massVerdict, stageName, stepRows } from "./words";

const P: Term = { math: "log p(x)", key: "total" };
const Z: Term = { math: "log p(z)", key: "base", column: "base" };
const EQUALS: Term = { math: " = " };

const ONE = {
  data: [P, EQUALS, Z, { math: " − " }, { math: "log |dx/dz|", key: "volume", column: "volume" }],
  latent: [P, EQUALS, Z, { math: " + " }, { math: "log |dz/dx|", key: "volume", column: "volume" }],
} satisfies Record<string, Term[]>;

const MANY = {
  data: [P, EQUALS, Z, { math: " − Σ_k " }, { math: "log |dh_k/dh_{k−1}|", key: "volume", column: "volume" }],
  latent: [P, EQUALS, Z, { math: " + Σ_k " }, { math: "log |dh_{k−1}/dh_k|", key: "volume", column: "volume" }],
} satisfies Record<string, Term[]>;

const CODE = [
  { key: "x", text: "x, terms = layer.inverse(z)" },
  { key: "base", text: "log_pz = base.log_prob(z)" },
  { key: "volume", text: "volume = terms.volume    # log |dz/dx|" },
  { key: "total", text: "log_px = log_pz + volume" },
];

export interface Panel {
  el: HTMLElement;
  update(state: State, scene: Scene, veiled: boolean, knot: number): void;
}

export function createPanel(t: Say, lighter: Lighter, commands: Commands, question: HTMLElement, sentence: HTMLElement): Panel {
  const choose = (notation: State["notation"]) => commands.set({ notation }, true);
  const formulas = [ONE, MANY].map((forms) => formulaCard({ forms, lighter, t, choose }));
  const code = formulaCard({ forms: ONE, code: CODE, lighter, t }).code!;
  const steps = termTable({ caption: t("at the probe"), head: [t("term"), t("value")], lighter });
  const maps = termTable({ caption: t("at the probe"), head: [t("map"), t("adds"), "", t("arrives")], lighter });
  const sliders = createSliders(t, commands.edit);
  const mass = meter("mass", "");
  const label = mass.el.firstElementChild!;
  const forgotten = switchControl("forget", t("forget"), (on) => commands.rule("forgotten", on));
  const wrong = switchControl("wrong", t("wrong sign"), (on) => commands.rule("wrong", on));
  const el = h(
    "div",
    { class: "flowviz-panel" },
    ...formulas.map((one) => one.el),
    steps.el,
    maps.el,
    sliders.el,
    mass.el,
    h("div", { class: "flowviz-faults", role: "group", "aria-label": t("break it"), "data-locks": true }, forgotten.el, wrong.el),
    question,
    code,
    sentence,
  );
  return {
    el,
    update(state, scene, veiled, knot) {
      const several = state.maps.length > 1;
      formulas.forEach((one, i) => {
        one.set(state.notation);
        one.el.hidden = several !== (i === 1);
      });
      steps.el.hidden = several;
      maps.el.hidden = !several;
      if (several) maps.show(mapRows(state, scene, veiled, t));
      else steps.show(stepRows(state, scene, veiled));
      sliders.update(state.view < 0 ? null : state.maps[state.view]!, knot);
      label.textContent = t("mass under", { name: stageName(scene.to, state.maps.length) });
      mass.show(scene.mass, massVerdict(state, scene, t));
      forgotten.set(state.rule === "forgotten");
      wrong.set(state.rule === "wrong");
    },
  };
}
