/** Puts the player together: one model, one picture, and the parts around it. */

import type { Model } from "../shared/afm";
import { downloadCanvas } from "../shared/controls";
import { h, put } from "../shared/dom";
import { createLighter } from "../shared/light";
import { applyTheme, watchTheme } from "../shared/theme";
import type { Trace } from "../shared/trace";
import { createCommands } from "./commands";
import { createHeader } from "./header";
import { createHelp } from "./help";
import { listenToKeys } from "./keyboard";
import { layoutFor } from "./layout";
import { createLive } from "../shared/live";
import { createLoop } from "./loop";
import { createPanel } from "./panel";
import { createPlayer } from "./playing";
import { createPicture, gridOf } from "./scene";
import { readState, STATE_TRAITS, type Part, type State } from "./state";
import { createTeller } from "./tell";
import { createTransport } from "./transport";

export function mountPlayer(root: HTMLElement, model: Model, trace: Trace, signal: AbortSignal): void {
  const { meta } = trace;
  const read = () => readState(model, trace);
  const canvas = h("canvas", { class: "flowviz-canvas", role: "application", tabindex: 0 });
  const picture = createPicture(canvas, trace);
  const lighter = createLighter(root);
  const [live, help] = [createLive(), createHelp()];
  const commands = createCommands(model, trace, picture, help, root);
  const { act, scrub, select } = commands;
  const header = createHeader(meta.title, partsOf(trace), act, () => downloadCanvas(canvas, fileName(meta.title)));
  const panel = createPanel(meta, (to) => act({ do: "go", to }), lighter);
  const transport = createTransport(meta, act, scrub);
  const tell = createTeller(trace, { root, canvas, header, panel, transport, live });
  const stage = h("div", { class: "flowviz-stage" }, canvas);
  const main = h("div", { class: "flowviz-main" }, stage, h("div", { class: "flowviz-side" }, panel.el));
  root.append(header.el, main, transport.el, live.el, help.el);
  setAttributes(root, { role: "group", "aria-label": `Transport player: ${meta.title}`, tabindex: "-1" });

  let palette = applyTheme(root, read().theme);
  let fitted = "";
  let drawn = "";
  let frames = 0;
  const player = createPlayer(meta.layers, commands);

  function show(state: State): void {
    const key = JSON.stringify(state);
    if (key === drawn) return;
    drawn = key;
    picture.draw(state, palette);
    tell(state);
    setAttributes(root, { "data-frames-drawn": String(++frames), "data-ready": "1" });
  }

  function frame(now: number): boolean {
    const playing = player.advance(read(), now);
    show(read());
    return playing;
  }

  /** Draws again even where no trait has changed. */
  function redraw(): void {
    drawn = "";
    loop.wake();
  }

  function recolour(): void {
    palette = applyTheme(root, read().theme);
    redraw();
  }

  function fit(): void {
    const ratio = window.devicePixelRatio || 1;
    const room = `${root.clientWidth} ${ratio}`;
    if (root.clientWidth === 0 || room === fitted) return;
    fitted = room;
    const { side, narrow, tight, snug } = layoutFor(root.clientWidth);
    for (const [name, on] of Object.entries({ narrow, tight, snug })) root.classList.toggle(`flowviz-${name}`, on);
    canvas.style.width = canvas.style.height = `${side}px`;
    picture.resize(side, ratio);
    panel.tighten(tight);
    transport.fit();
    redraw();
  }

  const loop = createLoop(
    root,
    frame,
    (visible) => {
      player.restart();
      if (visible) redraw();
    },
    signal,
  );
  watchSize(root, fit, signal);
  watchTheme(root, recolour, signal);
  listenToModel(model, signal, () => loop.wake(), recolour);
  listenToKeys(root, canvas, transport.strip, () => read().selected >= 0, act, signal);
  canvas.addEventListener("click", (event) => {
    const box = canvas.getBoundingClientRect();
    select(event.clientX - box.left, event.clientY - box.top);
  });
  fit();
}

function setAttributes(el: Element, attributes: Record<string, string>): void {
  for (const [name, value] of Object.entries(attributes)) put(el, name, value);
}

function partsOf(trace: Trace): Part[] {
  const grid = gridOf(trace, "normalize") ?? gridOf(trace, "generate");
  return [...(trace.mesh ? ["density" as const] : []), "particles", ...(grid ? ["grid" as const] : [])];
}

function fileName(title: string): string {
  return `${title.toLowerCase().replace(/[^a-z0-9]+/g, "-").replace(/^-|-$/g, "") || "flowviz"}.png`;
}

function watchSize(el: HTMLElement, changed: () => void, signal: AbortSignal): void {
  const observer = new ResizeObserver(changed);
  observer.observe(el);
  signal.addEventListener("abort", () => observer.disconnect());
}

function listenToModel(model: Model, signal: AbortSignal, changed: () => void, recolour: () => void): void {
  const events = STATE_TRAITS.map((name) => [`change:${name}`, name === "theme" ? recolour : changed] as const);
  for (const [event, handler] of events) model.on(event, handler);
  signal.addEventListener("abort", () => {
    for (const [event, handler] of events) model.off(event, handler);
  });
}
