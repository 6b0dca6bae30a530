/** Puts the player together: one model, one picture, and the parts around it. */

import type { Model } from "../shared/afm";
import { downloadCanvas } from "../shared/controls";
import { h, put } from "../shared/dom";
import { applyTheme, watchTheme, type Palette } from "../shared/theme";
import { momentAt, pointAt, type Trace } from "../shared/trace";
import { createCommands } from "./commands";
import { createHeader } from "./header";
import { createHelp } from "./help";
import { listenToKeys } from "./keyboard";
import { createLive } from "./live";
import { createLoop } from "./loop";
import { createPanel } from "./panel";
import { createPlayer } from "./playing";
import { createPicture, gridOf } from "./scene";
import { layerAt, ledgerCache, particlesOf, readState, STATE_TRAITS, type Part, type State } from "./state";
import { createTransport } from "./transport";
import { captionWords, changeWords, layerWords, sentence, whereWords } from "./words";

export function mountPlayer(root: HTMLElement, model: Model, trace: Trace, signal: AbortSignal): void {
  const { meta } = trace;
  const canvas = h("canvas", { class: "flowviz-canvas", role: "application", tabindex: 0 });
  const picture = createPicture(canvas, trace);
  const ledgerFor = ledgerCache(meta.layers);
  const read = () => readState(model, trace);
  const live = createLive();
  const help = createHelp();
  const commands = createCommands(model, trace, picture, help, root);
  const { act, scrub, select } = commands;
  const header = createHeader(meta.title, partsOf(trace), act, () => downloadCanvas(canvas, fileName(meta.title)));
  const panel = createPanel(meta, (to) => act({ do: "go", to }), (column) => {
    if (column) root.dataset["lit"] = column;
    else delete root.dataset["lit"];
  });
  const transport = createTransport(meta, act, scrub);
  const stage = h("div", { class: "flowviz-stage" }, canvas);
  root.append(header.el, h("div", { class: "flowviz-main" }, stage, h("div", { class: "flowviz-side" }, panel.el)), transport.el, live.el, help.el);
  put(root, "role", "group");
  put(root, "aria-label", `Transport player: ${meta.title}`);
  put(root, "tabindex", "-1");

  let palette: Palette = applyTheme(root, read().theme);
  let drawn = "";
  let shown = { ledger: null as object | null, layer: NaN, direction: "", selected: NaN };
  let before: State | null = null;
  let frames = 0;

  function paint(state: State): void {
    picture.draw(state, palette);
    put(root, "data-frames-drawn", String(++frames));
    put(root, "data-ready", "1");
  }

  function tell(state: State): void {
    const { position, direction, selected } = state;
    const set = particlesOf(trace, direction);
    const ledger = ledgerFor(set, selected);
    const layer = layerAt(position, meta.layers.length, direction);
    header.update(state);
    transport.update(state);
    if (ledger !== shown.ledger) panel.show(ledger, captionWords(set.count, selected >= 0));
    if (layer !== shown.layer || ledger !== shown.ledger) panel.mark(layer);
    if (layer !== shown.layer || ledger !== shown.ledger || direction !== shown.direction) {
      const border = (l: number) => pointAt(set, selected, momentAt(meta.layers, l));
      const path = selected >= 0 ? border : null;
      panel.say(sentence({ meta, direction, position, ledger, set, path }));
    }
    shown = { ledger, layer, direction, selected };
    const where = whereWords(meta, position, direction);
    live.say(changeWords(before, state, set, ledger) ?? (state.playing ? layerWords(meta, position, direction) : where));
    before = state;
    put(canvas, "aria-label", canvasWords(meta.title, where, set.count, selected));
    put(root, "data-position", String(position));
    put(root, "data-layer", String(layer + 1));
    put(root, "data-direction", direction);
    put(root, "data-selected", String(selected));
    put(root, "data-logp", String(ledger.total));
  }

  const player = createPlayer(meta.layers, commands);
  const loop = createLoop(
    root,
    (now) => {
      const playing = player.advance(read(), now);
      const state = read();
      const key = JSON.stringify(state) + size;
      if (key !== drawn) {
        drawn = key;
        paint(state);
        tell(state);
      }
      return playing;
    },
    () => player.restart(),
    signal,
  );

  let size = "";
  function fit(): void {
    const width = root.clientWidth;
    if (width === 0) return;
    const tight = width < 480 || (width >= 760 && width < 900);
    root.classList.toggle("flowviz-narrow", width < 760);
    root.classList.toggle("flowviz-tight", tight);
    panel.tighten(tight);
    const side = canvasSide(width);
    canvas.style.width = canvas.style.height = `${side}px`;
    picture.resize(side, window.devicePixelRatio || 1);
    transport.fit();
    size = `${width} ${window.devicePixelRatio}`;
    loop.wake();
  }
  function recolour(): void {
    palette = applyTheme(root, read().theme);
    drawn = "";
    loop.wake();
  }

  const resized = new ResizeObserver(fit);
  resized.observe(root);
  watchTheme(root, recolour, signal);
  listenToModel(model, signal, () => loop.wake(), recolour);
  listenToKeys(root, canvas, transport.strip, () => read().selected >= 0, act, signal);
  canvas.addEventListener("click", (event) => {
    const box = canvas.getBoundingClientRect();
    select(event.clientX - box.left, event.clientY - box.top);
  });
  signal.addEventListener("abort", () => resized.disconnect());
  fit();
}

function partsOf(trace: Trace): Part[] {
  const grid = gridOf(trace, "normalize") ?? gridOf(trace, "generate");
  return [...(trace.mesh ? ["density" as const] : []), "particles", ...(grid ? ["grid" as const] : [])];
}

/** Half of a wide card, all of a narrow one, and never more than the mockup's 528. */
export function canvasSide(width: number): number {
  const room = width < 760 ? width - 32 : Math.min(width / 2, width - 420) - 31;
  return Math.max(200, Math.min(528, Math.round(room)));
}

function canvasWords(title: string, where: string, points: number, selected: number): string {
  const point = selected >= 0 ? `point ${selected + 1} of ${points} chosen` : `${points} points, none chosen`;
  return `${title}. ${where}; ${point}. Arrow keys choose a point.`;
}

function fileName(title: string): string {
  return `${title.toLowerCase().replace(/[^a-z0-9]+/g, "-").replace(/^-|-$/g, "") || "flowviz"}.png`;
}

function listenToModel(model: Model, signal: AbortSignal, changed: () => void, recolour: () => void): void {
  const events = STATE_TRAITS.map((name) => [`change:${name}`, name === "theme" ? recolour : changed] as const);
  for (const [event, handler] of events) model.on(event, handler);
  signal.addEventListener("abort", () => {
    for (const [event, handler] of events) model.off(event, handler);
  });
}
