/**
 * What every widget begins with: a root with its styles, a readable message where it cannot be
 * drawn, building anew when a trait that it is made of changes, an orderly end; and what all have:
 * the presenter, controls that can be hidden, links to others.
 */

import type { Model, RenderProps } from "./afm";
import { offerAnswers } from "./answers";
import { h, once } from "./dom";
import { hideControls } from "./hidden";
import { linkModel } from "./link";
import { keepLocked } from "./locks";
import { createPresenter } from "./presenter";
import { stringsOf } from "./strings";
import { applyTheme } from "./theme";
import shared from "./widget.css";

export interface Face<T = void> {
  name: string;
  /** Styles that only this widget has. */
  css?: string;
  /** Traits of which the widget is made: another value builds it anew. */
  traits?: string[];
  /** What must be ready before it can be built; the picture that is there stays until then. */
  prepare?(model: Model): Promise<T>;
  /** Builds the widget inside `root`; `signal` aborts when it must go. */
  mount(root: HTMLElement, model: Model, signal: AbortSignal, prepared: T): void;
}

export function renderWidget<T = void>(face: Face<T>, { model, el, signal }: RenderProps): () => void {
  const { name, css, traits = [], prepare, mount } = face;
  const life = new AbortController();
  const end = () => life.abort();
  signal?.addEventListener("abort", end);
  const style = h("style", {}, shared, css ?? "");
  const root = h("section", { class: `flowviz-widget flowviz-${name}` });
  // Notebook 7 looks for its shortcuts before a key reaches us, and finds them for whatever has the
  // focus, unless that very element says that it wants its keys for itself.
  root.addEventListener("focusin", ({ target }) => (target as Element).setAttribute("data-lm-suppress-shortcuts", "true"));
  root.append(style);
  el.append(root);

  let turn = 0;
  let mounted = new AbortController();
  async function load(): Promise<void> {
    const mine = ++turn;
    const outcome = await Promise.resolve(prepare?.(model) as Promise<T>).catch((error: Error) => error);
    if (mine !== turn || life.signal.aborted) return;
    clear();
    try {
      if (outcome instanceof Error) throw outcome;
      mount(root, model, mounted.signal, outcome);
      createPresenter(root, model, stringsOf(model), mounted.signal);
      offerAnswers(root, name, model, stringsOf(model), mounted.signal);
      hideControls(root, model, mounted.signal);
      keepLocked(root, mounted.signal);
    } catch (error) {
      clear();
      showError(root, model, error as Error);
    }
  }
  function clear(): void {
    mounted.abort();
    mounted = new AbortController();
    root.replaceChildren(style);
    delete root.dataset["error"];
    delete root.dataset["ready"];
  }

  const reload = once(() => void load());
  const events = [...traits, "texts"].map((trait) => `change:${trait}`);
  for (const event of events) model.on(event, reload);
  life.signal.addEventListener("abort", () => {
    for (const event of events) model.off(event, reload);
    mounted.abort();
    root.remove();
  });
  linkModel(model, life.signal);
  void load();
  return end;
}

function showError(root: HTMLElement, model: Model, error: Error): void {
  const title = stringsOf(model)("This picture cannot be drawn.");
  applyTheme(root, model.get("theme"));
  root.dataset["error"] = "1";
  root.append(
    h("div.error", { role: "alert" }, h("strong", {}, title), h("p", {}, `${error.message}.`)),
  );
}
