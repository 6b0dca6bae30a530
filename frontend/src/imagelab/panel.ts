/** Beside the picture: what the view can be moved by, what it costs, the question, the sentence. */

import { segments } from "../shared/controls";
import { h } from "../shared/dom";
import { formulaCard, type Term } from "../shared/formula";
import type { Lighter } from "../shared/light";
import { plain, signed } from "../shared/numbers";
import { meter, slider, switchControl, termTable } from "../shared/parts";
import type { Say } from "../shared/strings";
import type { Kernel } from "./kernel";
import { createPicker } from "./pickers";
import type { Lab } from "./record";
import type { Tool } from "./sheet";
import type { Rest, State, View } from "./state";
import { costOf, depthRows, ledgerRows, relation, temperatureRows } from "./words";

export interface PanelHooks {
  lab: Lab;
  kernel: Kernel;
  t: Say;
  lighter: Lighter;
  set(changes: Record<string, unknown>, last: boolean): void;
  tool(tool: Tool): void;
  clear(): void;
  take(): void;
  question: HTMLElement;
  sentence: HTMLElement;
}

/** What the panel shows besides the state. */
export interface Around {
  veiled: boolean;
  /** Two images are compared: no step of the walk is in view. */
  versus: boolean;
  tool: Tool;
  /** Of the ledger, the term that is pointed at. */
  term: number | null;
}

export interface Panel {
  el: HTMLElement;
  update(state: State, around: Around): void;
}

const termsOf = (lab: Lab): Term[] => [
  { math: "bits/dim", key: "total" },
  { math: ` ${relation(lab)} − (` },
  { math: "log p(z)", key: "base", column: "base" },
  { math: " + Σ " },
  { math: "volume", key: "volume", column: "volume" },
  { math: " + " },
  { math: "decoder", key: "decoder", column: "decoder" },
  { math: " + " },
  { math: "encoder", key: "encoder", column: "encoder" },
  { math: `) / (${lab.meta.dim} log 2)` },
];

export function createPanel(hooks: PanelHooks): Panel {
  const { lab, kernel, t, lighter, set } = hooks;
  const { meta } = lab;
  const last = (values: unknown[]) => values.length - 1;
  const first = createPicker("images", t("picture of"), lab, t, (chosen) => set({ chosen }, true));
  const second = createPicker("other", t("walk to"), lab, t, (other) => set({ other }, true));
  const sliders = {
    temperature: range("temperature", last(meta.temperatures), (i) => plain(meta.temperatures[i]!), (i) => meta.temperatures[i]!),
    along: range("along", lab.steps - 1, (i) => `${Math.round((100 * i) / (lab.steps - 1))} %`, (i) => i / (lab.steps - 1)),
    shift: range("shift", last(meta.shifts), (i) => signed(meta.shifts[i]!, 0), (i) => meta.shifts[i]!),
    depth: range("depth", last(meta.depths), (i) => String(meta.depths[i]!.layer), (i) => i),
  };
  const rests = (["kept", "mean"] as const).map((value) => ({ value, text: t(`rest ${value}`), title: t(`rest ${value} title`) }));
  const rest = segments<Rest>(t("rest"), rests, (value) => set({ rest: value }, true));
  const restRow = h("div.pick", { "data-control": "rest", "data-locks": true }, h("span", {}, t("rest")), rest.el);
  const tools = (["brush", "erase"] as const).map((value) => ({ value, text: t(value), title: t(`${value} title`) }));
  const tool = segments<Tool>(t("tool"), tools, hooks.tool);
  const toolRow = h("div.tools", { "data-control": "tools", "data-locks": true }, tool.el, button(t("clear"), hooks.clear), button(t("take"), hooks.take));
  const again = button(t("again draws"), () => kernel.redraw());
  const againRow = h("div.tools", { "data-control": "again", "data-locks": true }, again);
  const formula = formulaCard({ forms: { data: termsOf(lab) }, lighter, t });
  const cost = meter("cost", t("cost"));
  const heat = switchControl("heat", t("show heat"), (on) => set({ heat: on }, true));
  heat.el.dataset["locks"] = "";
  const ledger = termTable({ caption: t("ledger"), head: [t("layer"), t("adds"), "", t("running")], lighter });
  ledger.el.tabIndex = 0; // it scrolls: arrow keys must reach its end
  ledger.el.role = "group";
  ledger.el.ariaLabel = t("ledger");
  const temperatures = termTable({ caption: t("mean cost", { count: lab.draws }), head: [t("temperature"), "bits/dim", ""], lighter });
  const depths = termTable({ caption: t("given back"), head: [t("layer"), t("numbers"), "", t("costs")], lighter });
  let pointed: number | null = null;
  formula.set("data");
  const parts: [HTMLElement, View[]][] = [
    [first.el, ["walk", "latent", "layers", "bits", "draw"]],
    [second.el, ["walk"]],
    [sliders.temperature.el, ["sample"]],
    [againRow, ["sample"]],
    [sliders.along.el, ["walk"]],
    [sliders.shift.el, ["latent"]],
    [sliders.depth.el, ["layers"]],
    [restRow, ["walk", "latent"]],
    [toolRow, ["draw"]],
    [formula.el, ["bits", "draw"]],
    [cost.el, ["walk", "bits", "draw"]],
    [heat.el, ["bits", "draw"]],
    [ledger.el, ["bits", "draw"]],
    [temperatures.el, ["sample"]],
    [depths.el, ["layers"]],
  ];
  const el = h("div", { class: "flowviz-panel" }, ...parts.map(([part]) => part), hooks.question, hooks.sentence);

  function range(name: string, most: number, format: (i: number) => string, value: (i: number) => number) {
    return slider({ name, label: t(name), min: 0, max: most, step: 1, format, input: (i, done) => set({ [name]: value(i) }, done) });
  }

  return {
    el,
    update(state, { veiled, versus, tool: chosenTool, term }) {
      for (const [part, views] of parts) part.hidden = !views.includes(state.view);
      restRow.hidden ||= meta.modes.length < 2;
      againRow.hidden ||= !kernel.there;
      for (const part of [formula.el, heat.el, ledger.el]) part.hidden ||= state.view === "draw" && !kernel.there;
      cost.el.hidden ||= versus && state.view === "walk";
      first.set(state.chosen, t(state.view === "walk" ? "walk from" : "picture of"));
      second.set(state.other);
      for (const name of ["temperature", "along", "shift", "depth"] as const) sliders[name].set(state[name]);
      rest.set(meta.modes[state.mode] === "mean" ? "mean" : "kept");
      tool.set(chosenTool);
      heat.set(state.heat);
      const { bits, digits, note } = costOf(state, lab, kernel, t);
      cost.show(veiled ? null : bits, { good: true, digits, note: veiled ? t("veiled") : note });
      ledger.show(ledgerRows(state, lab, kernel, veiled, t).map((row, i) => ({ ...row, current: i === term })));
      if (term !== pointed && term !== null) reveal(ledger.el, term);
      pointed = term;
      if (state.view === "sample") temperatures.show(temperatureRows(state, lab, kernel));
      if (state.view === "layers") depths.show(depthRows(state, lab, t));
    },
  };
}

/** Scrolls a row of a table to its middle, and never the page. */
function reveal(scroller: HTMLElement, row: number): void {
  const el = scroller.querySelectorAll<HTMLElement>("tbody tr")[row];
  if (el) scroller.scrollTop = el.offsetTop - (scroller.clientHeight - el.offsetHeight) / 2;
}

function button(text: string, run: () => void): HTMLButtonElement {
  const el = h("button", { type: "button", class: "flowviz-answer" }, text);
  el.addEventListener("click", run);
  return el;
}
