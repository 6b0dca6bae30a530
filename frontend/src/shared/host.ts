/**
 * The host of widgets in a page without a kernel: exported HTML, one widget or a whole notebook.
 *
 * `player.host.js` is one plain script (no module, no eval, no import, no request): the widget and
 * this host together. Whoever writes the page puts, for every widget,
 *
 *   <div><script type="application/json" data-flowviz="player">{"meta": {...}, "payload": "base64", ...}</script></div>
 *
 * (all synced traits by name, the payload as base64 text, "<" written as "\u003c"), and after the
 * last of them, once, `<script>` + the text of player.host.js + `</script>`. Each state block is
 * replaced by its widget, which is then a child of the block's parent element. The page may forbid all but
 *
 *   default-src 'none'; style-src 'unsafe-inline'; script-src 'unsafe-inline'; img-src data: blob:
 */

import type { Model, WidgetModule } from "./afm";
import { followFragment } from "./fragment";

/** anywidget's model, without a kernel behind it. */
export function localModel(state: Record<string, unknown>): Model {
  const values = new Map(Object.entries(state));
  const handlers = new Map<string, Set<() => void>>();
  const tell = (event: string) => handlers.get(event)?.forEach((handler) => handler());
  return {
    get: <T>(name: string) => values.get(name) as T,
    set(name, value) {
      if (values.get(name) === value) return;
      values.set(name, value);
      tell(`change:${name}`);
      tell("change");
    },
    on(event, handler) {
      if (!handlers.has(event)) handlers.set(event, new Set());
      handlers.get(event)!.add(handler);
    },
    off: (event, handler) => void handlers.get(event)?.delete(handler),
    save_changes: () => undefined,
    send: () => undefined,
  };
}

/** Replaces all state blocks of the widget `name` in the page by live widgets; the first one keeps
 * its state in the page's address. */
export function mountAll(name: string, widget: WidgetModule): void {
  const blocks = document.querySelectorAll<HTMLScriptElement>(`script[data-flowviz="${name}"]`);
  blocks.forEach((block, i) => {
    const el = document.createElement("div");
    const state = JSON.parse(block.textContent ?? "{}") as Record<string, unknown>;
    block.replaceWith(el);
    const model = localModel(state);
    if (i === 0) followFragment(name, model);
    widget.render({ model, el });
  });
}
