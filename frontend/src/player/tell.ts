/** Everything about a moment that is said in words, figures and attributes around the picture. */

import { put } from "../shared/dom";
import type { Ledger } from "../shared/ledger";
import type { Say } from "../shared/strings";
import type { Live } from "../shared/live";
import { momentAt, pointAt, type Particles, type Trace } from "../shared/trace";
import type { Header } from "./header";
import type { Panel } from "./panel";
import { layerAt, ledgerCache, particlesOf, type State } from "./state";
import type { Transport } from "./transport";
import { captionWords, changeWords, layerWords, sentence, whereWords } from "./words";

export interface Parts {
  root: HTMLElement;
  canvas: HTMLElement;
  header: Header;
  panel: Panel;
  transport: Transport;
  live: Live;
  t: Say;
}

interface Told {
  state: State;
  set: Particles;
  ledger: Ledger;
  layer: number;
}

/** Tells a state; what has not changed since the last is not touched. */
export function createTeller(trace: Trace, parts: Parts): (state: State) => void {
  const { meta } = trace;
  const { t } = parts;
  const layers = meta.layers;
  const ledgerFor = ledgerCache(layers);
  let before: Told | null = null;

  function tellPanel({ state, set, ledger, layer }: Told): void {
    const { position, direction, selected } = state;
    const chosen = selected >= 0;
    const same = ledger === before?.ledger && layer === before.layer;
    if (ledger !== before?.ledger) parts.panel.show(ledger, captionWords(t, set.count, chosen), chosen);
    if (!same) parts.panel.mark(layer);
    if (same && direction === before?.state.direction) return;
    const path = chosen ? (border: number) => pointAt(set, selected, momentAt(layers, border)) : null;
    parts.panel.say(sentence({ t, meta, direction, position, ledger, set, path }));
  }

  function tellReaders({ state, set, ledger }: Told): void {
    const { position, direction, selected, playing } = state;
    const where = whereWords(t, meta, position, direction);
    const point = t(selected >= 0 ? "canvas point" : "canvas none", { n: selected + 1, of: set.count });
    put(parts.canvas, "aria-label", t("canvas", { title: meta.title, where, point }));
    if (!before) return;
    const changed = changeWords(t, before.state, state, set, ledger);
    parts.live.say(changed ?? (playing ? layerWords(t, meta, position, direction) : where));
  }

  function tellTests({ state, ledger, layer }: Told): void {
    put(parts.root, "data-position", String(state.position));
    put(parts.root, "data-layer", String(layer + 1));
    put(parts.root, "data-direction", state.direction);
    put(parts.root, "data-selected", String(state.selected));
    put(parts.root, "data-logp", String(ledger.total));
  }

  return (state) => {
    const set = particlesOf(trace, state.direction);
    const ledger = ledgerFor(set, state.selected);
    const now = { state, set, ledger, layer: layerAt(state.position, layers.length, state.direction) };
    parts.header.update(state);
    parts.transport.update(state);
    tellPanel(now);
    tellReaders(now);
    tellTests(now);
    before = now;
  };
}
