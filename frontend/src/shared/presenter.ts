/**
 * In front of a class: the whole screen, large type, the keys of a clicker, scripted beats that wait
 * for predictions. The same beats give the same pictures.
 */

import type { Model } from "./afm";
import { iconButton } from "./controls";
import { h, putText } from "./dom";
import type { Answer, Question } from "./judge";
import type { Say } from "./strings";

export interface Beat {
  /** Traits, by name. */
  state?: Record<string, unknown>;
  say?: string;
  /** The id of a question that this beat asks. */
  question?: string;
}

/** What a beat sets: its own traits over those of its question; an answered one stays answered. */
export function beatTraits(beat: Beat, questions: Question[], answers: Answer[]): Record<string, unknown> {
  const question = questions.find(({ id }) => id === beat.question);
  const revealed = answers.some(({ id }) => id === question?.id);
  return { playing: false, ...question?.set, ...beat.state, asked: question?.id ?? "", revealed };
}

export function createPresenter(root: HTMLElement, model: Model, t: Say, signal: AbortSignal): void {
  const words = h("span");
  const bar = h(
    "div",
    { class: "flowviz-beats", role: "group", "aria-label": t("beats"), hidden: true },
    iconButton("previous", t("beat before"), () => step(-1), "small"),
    h("div", { role: "status" }, words),
    iconButton("next", t("beat after"), () => step(1), "small"),
  );
  root.append(bar);

  const beats = () => model.get<Beat[] | undefined>("beats") ?? [];
  const presenting = () => Boolean(model.get("presenting"));
  const beat = () => model.get<number | undefined>("beat") ?? -1;

  function set(changes: Record<string, unknown>): void {
    for (const [name, value] of Object.entries(changes)) model.set(name, value);
    model.save_changes();
  }

  function go(to: number): void {
    const next = beats()[to];
    if (!next) return;
    const [questions, answers] = [model.get<Question[]>("questions") ?? [], model.get<Answer[]>("answers") ?? []];
    set({ ...beatTraits(next, questions, answers), beat: to });
  }

  /** A question is a pause: not further before it is answered. */
  function step(by: 1 | -1): void {
    root.classList.remove("flowviz-blank");
    const waiting = by > 0 && root.classList.contains("flowviz-asking");
    if (!waiting) return go(beat() + by);
    putText(words, t("waits"));
  }

  function show(): void {
    const [all, at] = [beats(), beat()];
    bar.hidden = all.length === 0 || (at < 0 && !presenting());
    const place = at < 0 ? "" : `${t("beat", { beat: at + 1, beats: all.length })} `;
    words.replaceChildren(h("small", {}, place), all[at]?.say ?? "");
  }

  /** The full screen where it is given, else the whole window. */
  function enter(): void {
    const on = presenting();
    if (on === root.classList.contains("flowviz-present")) return;
    root.classList.toggle("flowviz-present", on);
    root.classList.remove("flowviz-blank");
    if (on) root.requestFullscreen?.().catch(() => undefined);
    else if (document.fullscreenElement) void document.exitFullscreen().catch(() => undefined);
    if (on && beat() < 0) go(0);
    if (on) root.focus({ preventScroll: true });
    show();
  }

  function key({ key, ctrlKey, metaKey, altKey, target }: KeyboardEvent): boolean {
    if (ctrlKey || metaKey || altKey || (target as HTMLElement).classList.contains("flowviz-text")) return false;
    const pressed = key.toLowerCase();
    if (pressed === "f") set({ presenting: !presenting() });
    else if (!presenting()) return false;
    else if (pressed === "b" || key === ".") root.classList.toggle("flowviz-blank");
    else if (key === "Escape") set({ presenting: false });
    else if (beats().length && key === "PageDown") step(1);
    else if (beats().length && key === "PageUp") step(-1);
    else return false;
    return true;
  }

  root.addEventListener(
    "keydown",
    (event) => {
      if (!key(event)) return;
      event.preventDefault();
      event.stopPropagation();
    },
    { signal, capture: true },
  );
  const left = () => document.fullscreenElement === null && presenting() && filled && set({ presenting: false });
  let filled = false;
  document.addEventListener(
    "fullscreenchange",
    () => {
      left();
      filled = document.fullscreenElement !== null;
    },
    { signal },
  );
  const handlers = { presenting: enter, beat: show, beats: show, asked: show, revealed: show };
  for (const [name, handler] of Object.entries(handlers)) model.on(`change:${name}`, handler);
  signal.addEventListener("abort", () => {
    for (const [name, handler] of Object.entries(handlers)) model.off(`change:${name}`, handler);
  });
  enter();
  show();
}
