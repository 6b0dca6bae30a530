/** The likelihood ledger: log p(x) = log p(z) + sum of volume + decoder + encoder over the layers. */

import { COLUMNS, type Column, type LayerMeta, type Particles } from "./trace";

/** What one layer adds; null where it has no such column. */
export type Entry = Record<Column, number | null>;

export interface Ledger {
  /** log p(z). */
  base: number;
  entries: Entry[];
  /** running[l]: base and all terms from the last layer down to layer l. */
  running: number[];
  /** log p(x), or the lower bound on it. */
  total: number;
}

export function ledgerOf(layers: LayerMeta[], set: Particles, i: number): Ledger {
  return build(layers, set.base[i]!, (term) => set.terms[term * set.count + i]!);
}

export function averageLedger(layers: LayerMeta[], set: Particles): Ledger {
  const n = set.count;
  return build(layers, mean(set.base, 0, n), (term) => mean(set.terms, term * n, n));
}

function mean(values: Float32Array, start: number, n: number): number {
  let sum = 0;
  for (let i = start; i < start + n; i++) sum += values[i]!;
  return sum / n;
}

function build(layers: LayerMeta[], base: number, term: (row: number) => number): Ledger {
  let row = 0;
  const entries = layers.map((layer) => {
    const entry: Entry = { volume: null, decoder: null, encoder: null };
    for (const column of layer.columns) entry[column] = term(row++);
    return entry;
  });
  const running = new Array<number>(layers.length);
  let total = base;
  for (let l = layers.length - 1; l >= 0; l--) {
    total += entrySum(entries[l]!);
    running[l] = total;
  }
  return { base, entries, running, total };
}

export function entrySum(entry: Entry): number {
  return COLUMNS.reduce((sum, column) => sum + (entry[column] ?? 0), 0);
}

/** The bars' common scale: the next 1, 2 or 5 times a power of ten that holds every bar. */
export function barScale(entries: Entry[]): number {
  let most = 0;
  for (const entry of entries) {
    for (const sign of [1, -1]) {
      most = Math.max(most, COLUMNS.reduce((sum, c) => sum + Math.max(0, sign * finite(entry[c])), 0));
    }
  }
  return most < 1 ? 1 : niceAbove(most);
}

/** A term as far as a bar can show it. */
export function finite(value: number | null): number {
  return value !== null && Number.isFinite(value) ? value : 0;
}

function niceAbove(value: number): number {
  const power = 10 ** Math.floor(Math.log10(value));
  return power * ([1, 2, 5, 10].find((step) => step * power >= value) ?? 10);
}
