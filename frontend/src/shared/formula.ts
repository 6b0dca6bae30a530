/**
 * The equation of a layer, rendered offline with plain elements, and the PyTorch lines that compute
 * it. Terms carry keys: what is lit in one place is lit in all.
 */

import { toggle } from "./controls";
import { h } from "./dom";
import type { Lighter } from "./light";
import type { Say } from "./strings";
import type { Column } from "./trace";

/** A part of an equation ("\n": a new line); with a key it can be lit. "x_1", "z^2" and "a/b" in `math` are drawn so. */
export interface Term {
  math: string;
  key?: string;
  column?: Column | "base";
  /** How it is spoken, where the signs do not say it. */
  label?: string;
}

/** A line of code; with a key it can be lit. */
export interface Line {
  key?: string;
  text: string;
}

export type Notation = "data" | "latent";

export interface FormulaOptions {
  /** The equation with f from the latent to the data, x = f(z), and the other way round. */
  forms: Partial<Record<Notation, Term[]>>;
  code?: Line[];
  lighter: Lighter;
  t: Say;
  /** Called when the reader asks for the other notation. */
  choose?(notation: Notation): void;
}

export interface FormulaCard {
  /** The equation's box. */
  el: HTMLElement;
  /** The lines of code, folded; null where there are none. */
  code: HTMLDetailsElement | null;
  set(notation: Notation): void;
  /** The layer's equation is another one now. */
  write(forms: FormulaOptions["forms"], code: Line[]): void;
}

export function formulaCard({ forms, code = [], lighter, t, choose }: FormulaOptions): FormulaCard {
  const line = h("div", { role: "group", "aria-label": t("formula") });
  const el = h("div.equation.formula", {}, line);
  const other = toggle("", t("notation"), () => choose?.(shown === "data" ? "latent" : "data"));
  if (choose && forms.data && forms.latent) {
    other.el.dataset["control"] = "notation";
    el.append(other.el);
  }
  let shown: Notation | null = null;

  function set(notation: Notation): void {
    if (notation === shown) return;
    shown = notation;
    line.replaceChildren(...(forms[notation] ?? forms.data ?? []).flatMap((term) => termNodes(term, lighter)));
    other.el.textContent = notation === "data" ? "x = f(z)" : "z = f(x)";
    other.el.setAttribute("aria-label", `${t("notation")}: ${other.el.textContent}`);
  }

  const lines = h("pre", { tabindex: 0, "aria-label": "PyTorch" }, ...linesOf(code, lighter));
  return {
    el,
    code: code.length ? h("details.code", { "data-control": "code" }, h("summary", {}, t("code")), lines) : null,
    set,
    write(next, code) {
      const notation = shown;
      [forms, shown] = [next, null];
      lines.replaceChildren(...linesOf(code, lighter));
      if (notation) set(notation);
    },
  };
}

function termNodes({ math, key, column, label }: Term, lighter: Lighter): (Node | string)[] {
  if (math === "\n") return [h("br")];
  if (!key) return mathNodes(math);
  const attributes = { "data-key": key, "data-column": column ?? null, "aria-label": label ?? null };
  const button = h("button", { type: "button", class: "flowviz-term", ...attributes }, ...mathNodes(math));
  lighter.follow(button, key);
  return [button];
}

/** Subscripts x_1 or x_{12}, superscripts x^2 or x^{-1}, fractions {a}/{b}; letters of variables lean. */
export function mathNodes(math: string): (Node | string)[] {
  const parts = math.split(/(\{[^{}]*\}\/\{[^{}]*\}|[_^](?:\{[^{}]*\}|.))/);
  return parts.filter(Boolean).flatMap((part) => {
    const fraction = /^\{([^{}]*)\}\/\{([^{}]*)\}$/.exec(part);
    if (fraction) {
      const [over, under] = [fraction[1]!, fraction[2]!].map((half) => h("span", {}, ...mathNodes(half)));
      return [h("span.frac", {}, over!, under!)];
    }
    const inner = part.slice(1).replace(/^\{|\}$/g, "");
    if (part[0] === "_") return [h("sub", {}, ...leaning(inner))];
    if (part[0] === "^") return [h("sup", {}, ...leaning(inner))];
    return leaning(part);
  });
}

/** Single Latin letters are variables: "log p(x)" leans p and x, not log. */
function leaning(text: string): (Node | string)[] {
  return text.split(/(?<![A-Za-z])([A-Za-z])(?![A-Za-z])/).map((part, i) => (i % 2 ? h("i", {}, part) : part));
}

function linesOf(code: Line[], lighter: Lighter): HTMLElement[] {
  return code.map(({ key, text }) => {
    const line = h("span", { "data-key": key ?? null }, text);
    if (key) lighter.follow(line, key);
    return line;
  });
}
