/** Right of the picture: the equation, the ledger as a table, the sentence. */

import { h, putText } from "../shared/dom";
import { barScale, finite, type Entry, type Ledger } from "../shared/ledger";
import type { FormulaCard } from "../shared/formula";
import type { Lighter } from "../shared/light";
import { figure, plain, signed } from "../shared/numbers";
import { sentence, type Piece } from "../shared/pieces";
import type { Say } from "../shared/strings";
import { COLUMNS, type Meta } from "../shared/trace";


export interface Panel {
  el: HTMLElement;
  /** A new ledger, with its caption: of one chosen point, or an average. */
  show(ledger: Ledger, caption: string, chosen: boolean): void;
  /** The layer at work: -1 the data side, L the latent side. */
  mark(layer: number): void;
  say(pieces: Piece[]): void;
  /** The audit in the place of the ledger. */
  audit(on: boolean): void;
  /** Little room: no bars, and no columns that no layer has. */
  tighten(tight: boolean): void;
}

export function createPanel(meta: Meta, t: Say, go: (position: number) => void, lighter: Lighter, formula: FormulaCard, card: HTMLElement, audit: HTMLElement): Panel {
  const table = createTable(meta, t, go, lighter);
  const said = sentence();
  table.el.dataset["control"] = "ledger";
  table.el.dataset["locks"] = "";
  const el = h("div.panel", {}, formula.el, formula.code, table.el, audit, card, said.el);
  return {
    el,
    show: table.show,
    mark: table.mark,
    audit(on) {
      table.el.hidden = on;
      audit.hidden = !on;
      if (formula.code) formula.code.hidden = on;
    },
    tighten: table.tighten,
    say: said.say,
  };
}

interface Row {
  el: HTMLTableRowElement;
  head: HTMLTableCellElement;
  bar: HTMLTableCellElement;
  fill(entry: Entry | null, scale: number, running: string): void;
}

function createTable(meta: Meta, t: Say, go: (position: number) => void, lighter: Lighter) {
  const layers = meta.layers;
  const caption = h("caption");
  const base = createRow("flowviz-base", "", t("base"), () => go(layers.length));
  const rows = layers.map((layer, l) => createRow("", String(l + 1), t(layer.title), () => go(l + 0.5)));
  const total = createRow("flowviz-total", "", "log p(x)", () => go(0));
  const density = h("span.density");
  total.bar.append(density);
  const body = h("tbody", {}, base.el, ...[...rows].reverse().map((row) => row.el));
  const table = h("table", {}, caption, createHead(t, lighter), body, h("tfoot", {}, total.el));
  const el = h("div.scroll", {}, table);
  const relation = meta.exact ? "" : "≥ ";
  const used = COLUMNS.filter((column) => layers.some((layer) => layer.columns.includes(column)));
  for (const column of COLUMNS) {
    if (used.includes(column)) continue;
    for (const cell of table.querySelectorAll(`[data-column="${column}"]:not(i)`)) cell.classList.add("flowviz-unused");
  }

  function show(ledger: Ledger, words: string, chosen: boolean): void {
    putText(caption, words);
    const scale = barScale(ledger.entries);
    base.fill(null, scale, plain(ledger.base));
    rows.forEach((row, l) => row.fill(ledger.entries[l]!, scale, plain(ledger.running[l]!)));
    total.fill(null, scale, relation + plain(ledger.total));
    putText(density, chosen ? `p(x) ${meta.exact ? "=" : "≥"} ${figure(Math.exp(ledger.total), 2)}` : "");
  }

  function mark(layer: number): void {
    const here = layer < 0 ? total : layer >= layers.length ? base : rows[layer]!;
    for (const row of [base, ...rows, total]) row.el.classList.toggle("flowviz-current", row === here);
    keepInView(el, here.el, total.el);
  }

  function tighten(tight: boolean): void {
    for (const row of [base, total]) {
      row.head.colSpan = tight ? 1 + used.length : COLUMNS.length;
      row.bar.colSpan = tight ? 1 : 2;
    }
  }

  tighten(false);
  return { el, show, mark, tighten };
}

function createHead(t: Say, lighter: Lighter): HTMLTableSectionElement {
  const columns = COLUMNS.map((column) => {
    const cell = h("th", { scope: "col", class: "flowviz-number", "data-column": column, "data-key": column }, t(column));
    lighter.follow(cell, column);
    return cell;
  });
  const bars = h("td.barcell");
  const running = h("th", { scope: "col", class: "flowviz-number flowviz-running" }, t("running"));
  return h("thead", {}, h("tr", {}, h("th", { scope: "col" }, t("layer")), ...columns, bars, running));
}

function createRow(kind: string, number: string, title: string, run: () => void): Row {
  const button = h("button", { type: "button" }, number ? h("b", {}, number) : null, " ", h("span", { title }, title));
  const head = h("th", { scope: "row" }, button);
  const cells = number ? COLUMNS.map((column) => h("td.number", { "data-column": column, "data-key": column })) : [];
  const bar = h("td.barcell");
  const running = h("td.number.running");
  const el = h("tr", { class: kind || null }, head, ...cells, bar, running);
  const pieces = COLUMNS.map((column) => h("i", { "data-column": column, "data-key": column }));
  if (number) bar.append(h("span.bar", { "aria-hidden": "true" }, ...pieces));
  el.addEventListener("click", run);
  return {
    el,
    head,
    bar,
    fill(entry, scale, sum) {
      putText(running, sum);
      if (!entry) return;
      COLUMNS.forEach((column, c) => putTerm(cells[c]!, entry[column]));
      stackBar(pieces, entry, scale);
    },
  };
}

function putTerm(cell: HTMLElement, value: number | null): void {
  putText(cell, value === null ? "–" : signed(value));
  cell.classList.toggle("flowviz-none", value === null);
}

/** Gains to the right of the middle, costs to the left, one after the other. */
function stackBar(pieces: HTMLElement[], entry: Entry, scale: number): void {
  let [left, right] = [50, 50];
  COLUMNS.forEach((column, c) => {
    const share = (50 * finite(entry[column])) / scale;
    const size = Math.abs(share);
    if (share < 0) left -= size;
    pieces[c]!.style.left = `${share < 0 ? left : right}%`;
    pieces[c]!.style.width = `${size}%`;
    if (share > 0) right += size;
  });
}

/** Scrolls only the table itself, never the page. */
function keepInView(scroller: HTMLElement, row: HTMLElement, foot: HTMLElement): void {
  if (scroller.scrollHeight <= scroller.clientHeight || row === foot) return;
  const head = 60;
  const above = row.offsetTop - head - row.offsetHeight;
  const below = row.offsetTop + 2 * row.offsetHeight + foot.offsetHeight - scroller.clientHeight;
  if (scroller.scrollTop > above) scroller.scrollTop = above;
  else if (scroller.scrollTop < below) scroller.scrollTop = below;
}
