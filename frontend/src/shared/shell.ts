/**
 * What every widget of a Trace begins with: a root with its styles, the trace decoded when meta
 * or payload come, a readable message where they do not fit, and an orderly end.
 */

import type { Model, RenderProps } from "./afm";
import { h, once } from "./dom";
import { applyTheme } from "./theme";
import { decodeTrace, type Trace } from "./trace";

export interface Shell {
  name: string;
  css: string;
  /** Builds the widget inside `root`; `signal` aborts when it must go. */
  mount(root: HTMLElement, model: Model, trace: Trace, signal: AbortSignal): void;
}

export function renderShell({ name, css, mount }: Shell, { model, el, signal }: RenderProps): () => void {
  const life = new AbortController();
  const end = () => life.abort();
  signal?.addEventListener("abort", end);
  const style = h("style", {}, css);
  const root = h("section", { class: `flowviz-widget flowviz-${name}` });
  root.append(style);
  el.append(root);

  let turn = 0;
  let mounted = new AbortController();
  async function load(): Promise<void> {
    const mine = ++turn;
    const outcome = await decodeTrace(model.get("meta"), model.get("payload")).catch((error: Error) => error);
    if (mine !== turn || life.signal.aborted) return;
    clear();
    try {
      if (outcome instanceof Error) throw outcome;
      mount(root, model, outcome, mounted.signal);
    } catch (error) {
      clear();
      showError(root, model.get("theme"), error as Error);
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
  const events = ["change:meta", "change:payload"];
  for (const event of events) model.on(event, reload);
  life.signal.addEventListener("abort", () => {
    for (const event of events) model.off(event, reload);
    mounted.abort();
    root.remove();
  });
  void load();
  return end;
}

function showError(root: HTMLElement, theme: string, error: Error): void {
  applyTheme(root, theme);
  root.dataset["error"] = "1";
  root.append(
    h(
      "div",
      { class: "flowviz-error", role: "alert" },
      h("strong", {}, "This picture cannot be drawn."),
      h("p", {}, `${error.message}.`),
    ),
  );
}
