/** Widgets of a Trace: decoded when meta or payload come, then mounted. */

import type { Model, RenderProps } from "./afm";
import { decodeTrace, type Trace } from "./trace";
import { renderWidget } from "./widget";

export interface Shell {
  name: string;
  css: string;
  /** Builds the widget inside `root`; `signal` aborts when it must go. */
  mount(root: HTMLElement, model: Model, trace: Trace, signal: AbortSignal): void;
}

export function renderShell({ name, css, mount }: Shell, props: RenderProps): () => void {
  return renderWidget<Trace>(
    {
      name,
      css,
      traits: ["meta", "payload"],
      prepare: (model) => decodeTrace(model.get("meta"), model.get("payload")),
      mount: (root, model, signal, trace) => mount(root, model, trace, signal),
    },
    props,
  );
}
