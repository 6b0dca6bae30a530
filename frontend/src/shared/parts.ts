/** Parts that stand beside a picture: sliders, switches, the table of terms, the mass read-out. */

import { h, put, putText } from "./dom";
import type { Lighter } from "./light";
import { plain } from "./numbers";
import type { Column } from "./trace";

export interface SliderOptions {
  /** Its name for `hidden`, and what lights up with it. */
  name: string;
  label: string;
  min: number;
  max: number;
  step: number;
  /** The value as it is read and heard. */
  format(value: number): string;
  /** `last` where the handle was let go. */
  input(value: number, last: boolean): void;
}

export interface Slider {
  el: HTMLElement;
  input: HTMLInputElement;
  set(value: number): void;
}

/** A native range: arrow keys, Page keys, Home and End come with it. */
export function slider({ name, label, min, max, step, format, input: told }: SliderOptions): Slider {
  const input = h("input", { type: "range", min, max, step, "aria-label": label });
  const output = h("output");
  const show = () => {
    const text = format(Number(input.value));
    putText(output, text);
    put(input, "aria-valuetext", text);
  };
  input.addEventListener("input", () => {
    show();
    told(Number(input.value), false);
  });
  input.addEventListener("change", () => told(Number(input.value), true));
  const el = h("label.row", { "data-control": name, "data-locks": true }, h("span", {}, label), input, output);
  return {
    el,
    input,
    set(value) {
      if (Number(input.value) !== value) input.value = String(value);
      show();
    },
  };
}

export interface Switch {
  el: HTMLButtonElement;
  set(on: boolean): void;
}

export function switchControl(name: string, label: string, run: (on: boolean) => void): Switch {
  const el = h("button", { type: "button", class: "flowviz-switch", role: "switch", "aria-checked": "false" }, h("i"), label);
  put(el, "data-control", name);
  el.addEventListener("click", () => run(el.getAttribute("aria-checked") !== "true"));
  return { el, set: (on) => put(el, "aria-checked", String(on)) };
}

export interface Row {
  key: string;
  label: string;
  column?: Column | "base";
  value: string;
  /** -1 to 1: a bar to the left or the right of the middle. */
  bar?: number;
  /** 0 to 1: a bar from the left end. */
  share?: number;
  running?: string;
  current?: boolean;
  total?: boolean;
}

export interface TermTable {
  el: HTMLElement;
  show(rows: Row[]): void;
  caption(text: string): void;
}

interface RowParts {
  key: string;
  el: HTMLTableRowElement;
  fill(row: Row): void;
}

/** A table of terms; a row lights its key. The same rows again only get new figures. */
export function termTable(options: { caption: string; head: string[]; lighter?: Lighter }): TermTable {
  const caption = h("caption", {}, options.caption);
  const heads = options.head.map((text, i) =>
    text ? h("th", { scope: "col", class: i > 0 ? "flowviz-number" : null }, text) : h("td"),
  );
  const body = h("tbody");
  const table = h("table.terms", {}, caption, h("thead", {}, h("tr", {}, ...heads)), body);
  const el = h("div.scroll", {}, table);
  let parts: RowParts[] = [];

  function build(rows: Row[]): void {
    parts = rows.map((row) => createRow(row, options.head.length, options.lighter));
    body.replaceChildren(...parts.map((part) => part.el));
  }

  return {
    el,
    caption: (text) => putText(caption, text),
    show(rows) {
      if (rows.length !== parts.length || rows.some((row, i) => row.key !== parts[i]!.key)) build(rows);
      rows.forEach((row, i) => parts[i]!.fill(row));
    },
  };
}

function createRow(row: Row, columns: number, lighter?: Lighter): RowParts {
  const attributes = { "data-key": row.key, "data-column": row.column ?? null };
  const head = h("th", { scope: "row", ...attributes });
  const value = h("td.number", { ...attributes });
  const piece = h("i", attributes);
  const bar = h("td.barcell", {}, h("span.bar", { "aria-hidden": "true" }, piece));
  const running = h("td.number.running");
  const el = h("tr", {}, ...[head, value, bar, running].slice(0, Math.max(2, columns)));
  if (lighter) lighter.follow(el, row.key);
  return {
    key: row.key,
    el,
    fill({ label, value: text, bar: part, share, running: sum, current, total }) {
      putText(head, label);
      put(head, "title", label);
      putText(value, text);
      putText(running, sum ?? "");
      el.classList.toggle("flowviz-current", current ?? false);
      el.classList.toggle("flowviz-total", total ?? false);
      bar.firstElementChild!.toggleAttribute("hidden", (part ?? share) === undefined);
      piece.style.left = `${share === undefined ? 50 + 50 * Math.min(0, part ?? 0) : 0}%`;
      piece.style.width = `${share === undefined ? 50 * Math.abs(part ?? 0) : 100 * share}%`;
    },
  };
}

export interface Meter {
  el: HTMLElement;
  /** Good: as it must be. The note says what is wrong, or what the figure is; null: there is none. */
  show(value: number | null, verdict: { good: boolean; note?: string; digits?: number }): void;
}

/** The mass read-out: 1.000, or what has gone wrong. */
export function meter(name: string, label: string): Meter {
  const [output, note] = [h("output"), h("small")];
  const el = h("div.meter", { "data-control": name }, h("span", {}, label), output, note);
  return {
    el,
    show(value, { good, note: words = "", digits = 3 }) {
      putText(output, value === null ? "–" : plain(value, digits));
      putText(note, words);
      put(el, "data-good", String(good));
      put(el, "data-value", value === null ? "" : String(value));
    },
  };
}
