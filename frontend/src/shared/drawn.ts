/** A picture that is drawn again when its state, its room or its colours have changed, and only then. */

import type { Model } from "./afm";
import { put } from "./dom";
import { createLoop } from "./loop";
import { QUESTION_TRAITS, type QuestionCard } from "./question";
import { applyTheme, watchTheme, type Palette } from "./theme";

export interface DrawnOptions<S> {
  root: HTMLElement;
  model: Model;
  /** The traits that make the state. */
  traits: readonly string[];
  read(): S;
  /** All that the picture is made of, as text. */
  key(state: S): string;
  draw(state: S, palette: Palette): void;
  /** The room has changed, or whether it is presented. */
  fit(): void;
  card: QuestionCard;
  /** Another question is open, or none. */
  asked(): void;
}

export interface Drawn {
  /** Draws now, if there is something new. */
  frame(): void;
  /** Draws soon, whether or not there is. */
  redraw(): void;
  /** Begins: once everything that `draw` and `fit` use is there. */
  start(): void;
}

export function keepDrawn<S>(options: DrawnOptions<S>, signal: AbortSignal): Drawn {
  const { root, model, traits, read, key, draw, fit, card, asked } = options;
  let palette = applyTheme(root, model.get("theme"));
  let drawn = "";
  let frames = 0;
  const loop = createLoop(root, () => (frame(), false), (visible) => visible && redraw(), signal);

  function frame(): void {
    const state = read();
    const now = key(state);
    if (now === drawn) return;
    drawn = now;
    draw(state, palette);
    put(root, "data-frames-drawn", String(++frames));
    put(root, "data-ready", "1");
  }

  function redraw(): void {
    drawn = "";
    loop.wake();
  }

  function recolour(): void {
    palette = applyTheme(root, model.get("theme"));
    redraw();
  }

  function start(): void {
    const observer = new ResizeObserver(fit);
    observer.observe(root);
    signal.addEventListener("abort", () => observer.disconnect());
    watchTheme(root, recolour, signal);
    listen(model, signal, traits, loop.wake);
    listen(model, signal, QUESTION_TRAITS, () => card.update());
    listen(model, signal, ["theme"], recolour);
    listen(model, signal, ["presenting"], () => (fit(), redraw()));
    listen(model, signal, ["asked"], asked);
    card.update();
    fit();
    redraw();
  }

  return { frame, redraw, start };
}

/** Calls `handler` when one of these traits changes, until `signal` aborts. */
export function listen(model: Model, signal: AbortSignal, traits: readonly string[], handler: () => void): void {
  for (const name of traits) model.on(`change:${name}`, handler);
  signal.addEventListener("abort", () => traits.forEach((name) => model.off(`change:${name}`, handler)));
}
