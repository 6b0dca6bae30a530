/** Every way to change the model: buttons, keys and the pointer all end here. */

import type { Model } from "../shared/afm";
import { ancestors } from "../shared/theme";
import { throttle } from "../shared/throttle";
import type { Trace } from "../shared/trace";
import type { Help } from "../shared/help";
import type { Action } from "./keys";
import { first, nearest, toward } from "./pick";
import { atEnd, nextStop, startOf } from "./playback";
import type { Picture } from "./scene";
import { readState, within, type State } from "./state";
import { nextSpeed } from "./transport";

export interface Commands {
  act(action: Action): void;
  scrub(position: number, last: boolean): void;
  /** A click at a CSS pixel of the canvas. */
  select(x: number, y: number): void;
  /** Sets traits; the kernel hears of it at most ten times a second, and of the last at once. */
  set(changes: Record<string, unknown>, last: boolean): void;
}

/** CSS pixels around a click within which a particle is meant. */
const REACH = 24;
/** CSS pixels that an arrow key moves at least. */
const STRIDE = 7;

export function createCommands(model: Model, trace: Trace, picture: Picture, help: Help, root: HTMLElement, locked: () => boolean): Commands {
  const layers = trace.meta.layers.length;
  const save = throttle(() => model.save_changes(), 100);

  function set(changes: Record<string, unknown>, last: boolean): void {
    for (const [name, value] of Object.entries(changes)) model.set(name, value);
    save();
    if (last) save.flush();
  }

  function scrub(position: number, last: boolean): void {
    if (locked()) return;
    set({ position: within(position, 0, layers), playing: false }, last);
  }

  function select(x: number, y: number): void {
    if (locked()) return;
    const { x: px, y: py, unit } = picture.locate(x, y);
    set({ selected: nearest(picture.points(), px, py, REACH * unit) }, true);
  }

  function play(state: State): void {
    const playing = !state.playing;
    const restart = playing && atEnd(state.position, layers, state.direction);
    set({ playing, ...(restart ? { position: startOf(layers, state.direction) } : {}) }, true);
  }

  function near(state: State, dx: number, dy: number): void {
    const stride = STRIDE * picture.locate(0, 0).unit;
    const xy = picture.points();
    const next = state.selected < 0 ? first(xy, picture.center()) : toward(xy, state.selected, dx, dy, stride);
    set({ selected: next }, false);
  }

  /** Points of the two sets are different points: another direction forgets the choice. */
  function reverse(state: State): void {
    const direction = state.direction === "normalize" ? "generate" : "normalize";
    const same = !trace.sets.data || !trace.sets.model;
    set({ direction, selected: same ? state.selected : -1 }, true);
  }

  function clear(state: State): void {
    if (!help.close() && state.selected >= 0 && !locked()) set({ selected: -1 }, true);
  }

  function act(action: Action): void {
    if (locked() && action.do !== "help" && action.do !== "leave" && action.do !== "clear") return;
    const state = readState(model, trace);
    const { position } = state;
    switch (action.do) {
      case "play":
        return play(state);
      case "step":
        return scrub(nextStop(position, layers, action.by > 0 ? "normalize" : "generate"), true);
      case "scrub":
        return scrub(Math.round((position + action.by) * 1e6) / 1e6, true);
      case "go":
        return scrub(action.to === "data" ? 0 : action.to === "latent" ? layers : action.to, true);
      case "toggle":
        return set({ [`show_${action.part}`]: !state.show[action.part] }, true);
      case "reverse":
        return reverse(state);
      case "speed":
        return set({ speed: nextSpeed(state.speed, action.by) }, true);
      case "near":
        return near(state, action.dx, action.dy);
      case "first":
        return set({ selected: first(picture.points(), picture.center()) }, true);
      case "clear":
        return clear(state);
      case "leave":
        return void (help.close() || leave(root));
      case "help":
        return help.toggle();
    }
  }

  return { act, scrub, select, set };
}

/** Gives the keyboard back to the notebook: to what around the widget can take it. */
function leave(root: HTMLElement): void {
  const active = (root.getRootNode() as Document | ShadowRoot).activeElement;
  if (active instanceof HTMLElement) active.blur();
  for (const node of ancestors(root)) {
    if (node.hasAttribute("tabindex")) return node.focus();
  }
}
