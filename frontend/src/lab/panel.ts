/** Beside the picture: the equation, the probe's ledger, the mass, the ways to break it, the sentence. */

import { h, put } from "../shared/dom";
import { formulaCard, type FormulaCard, type Notation } from "../shared/formula";
import type { Lighter } from "../shared/light";
import { meter, switchControl, termTable, type Row } from "../shared/parts";
import { plain, signed } from "../shared/numbers";
import { sentence } from "../shared/pieces";
import type { Say } from "../shared/strings";
import { COLUMNS } from "../shared/trace";
import { faultsOf, type Fault } from "./account";
import { codeOf, formsOf, linesAt, type Lines } from "./formulas";
import { choiceOf, type Kind } from "./maths/kind";
import { good, massNote } from "./massnote";
import type { Scene } from "./scene";
import { sentenceOf } from "./words";

export interface Panel {
  el: HTMLElement;
  show(scene: Scene): void;
  mass(value: number, scene: Scene): void;
  notation(notation: Notation): void;
}

export interface PanelHooks {
  t: Say;
  lighter: Lighter;
  set(changes: Record<string, unknown>, last: boolean): void;
  /** Cards of this kind of layer, under the table. */
  cards: HTMLElement[];
  lines: Lines | undefined;
  /** Published beside the reader's own figure. */
  trained: { nll: number; title?: string } | null;
}

export function createPanel(kind: Kind, scene: Scene, hooks: PanelHooks): Panel {
  const { t, lighter, set } = hooks;
  const written = ({ state }: Scene) => {
    const lines = linesAt(kind, hooks.lines, state.params);
    return [formsOf(kind, lines, t), codeOf(kind, lines)] as const;
  };
  let choice = choiceOf(kind, scene.state.params);
  const [forms, code] = written(scene);
  const formula: FormulaCard = formulaCard({
    forms,
    code,
    lighter,
    t,
    choose: (notation) => set({ notation }, true),
  });
  const table = termTable({ caption: t("ledger"), head: [t("term"), t("nats"), "", t("running")], lighter });
  const mass = meter("mass", t("mass"));
  const faults = faultsOf(kind, scene.map).map((fault) => ({ fault, one: faultSwitch(fault, hooks) }));
  const nll = h("div", { class: "flowviz-nll", "data-control": "nll", hidden: true });
  const said = sentence();
  const audit = h("details", { class: "flowviz-audit", "data-control": "faults", "data-locks": true }, h("summary", {}, t("break")));
  audit.append(h("div", {}, ...faults.map(({ one }) => one.el)));
  audit.open = scene.state.fault !== "";
  const parts = [formula.el, formula.code, table.el, nll, ...hooks.cards, mass.el, audit, said.el];
  const el = h("div", { class: "flowviz-panel" }, ...parts.filter((part): part is HTMLElement => part !== null));

  return {
    el,
    notation: (notation) => formula.set(notation),
    show(now) {
      const chosen = choiceOf(kind, now.state.params);
      if (chosen !== choice) formula.write(...written(now));
      choice = chosen;
      table.show(rowsOf(now, t));
      for (const { fault, one } of faults) one.set(now.state.fault === fault);
      if (now.state.fault) audit.open = true;
      showNll(nll, now, hooks);
      said.say(sentenceOf(now, t));
    },
    mass(value, now) {
      mass.show(value, { good: good(value), note: massNote(value, now, t) });
    },
  };
}

function faultSwitch(fault: Fault, { t, set }: PanelHooks) {
  return switchControl(`fault-${fault}`, t(`fault.${fault}`), (on) => set({ fault: on ? fault : "" }, true));
}

/** Base, the three columns, and their sum. A column that the layer has not shows a dash. */
function rowsOf({ kind, account }: Scene, t: Say): Row[] {
  let sum = account.base[0]!;
  const terms = COLUMNS.map((column): Row => {
    const value = account[column]?.[0];
    const row = { key: column, label: t(`term.${column}`), column };
    if (value === undefined) return { ...row, value: "–" };
    sum += value;
    return { ...row, value: signed(value), bar: barOf(value), running: plain(sum) };
  });
  const base: Row = { key: "base", label: t("term.base"), column: "base", value: plain(account.base[0]!), running: plain(account.base[0]!) };
  const exact = kind.exact;
  const total: Row = { key: "total", label: t("term.total"), value: t(exact ? "exact" : "bound"), running: (exact ? "" : "≥ ") + plain(account.total[0]!), total: true };
  return [base, ...terms, total];
}

/** Bars saturate slowly, so that 0.1 can be seen and 5 still fits. */
function barOf(value: number): number {
  return Number.isFinite(value) ? Math.tanh(value / 2.5) : Math.sign(value);
}

function showNll(el: HTMLElement, { nll, state }: Scene, { trained, t }: PanelHooks): void {
  el.hidden = Number.isNaN(nll);
  if (el.hidden) return;
  put(el, "data-nll", String(nll));
  const yours = h("span", {}, h("small", {}, t("nll.yours")), h("output", {}, plain(nll, 3)));
  const theirs = trained && h("span", {}, h("small", {}, trained.title ?? t("nll.trained")), h("output", {}, plain(trained.nll, 3)));
  const note = state.fault ? h("small", {}, t("nll.broken")) : null;
  el.replaceChildren(...[yours, theirs, note].filter((part): part is HTMLElement => part !== null));
}

