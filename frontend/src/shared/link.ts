/** Widgets of one group on a page move together. Each is a module of its own: they talk by events. */

import type { Model } from "./afm";
import { throttle } from "./throttle";

const EVENT = "flowviz:link";

interface Told {
  group: string;
  from: object;
  changes: Record<string, unknown>;
}

/** Tells the group which of the `linked` traits change, and takes on what others tell. */
export function linkModel(model: Model, signal: AbortSignal): void {
  const linked = model.get<string[] | undefined>("linked") ?? [];
  const me = {};
  const save = throttle(() => model.save_changes(), 100);
  let taking = false;

  function tell(traits: string[]): void {
    const group = model.get<string>("group");
    if (!group || taking) return;
    const changes = Object.fromEntries(traits.map((trait) => [trait, model.get(trait)]));
    dispatchEvent(new CustomEvent<Told>(EVENT, { detail: { group, from: me, changes } }));
  }

  function take({ group, from, changes }: Told): void {
    if (from === me || group !== model.get("group")) return;
    taking = true;
    for (const [trait, value] of Object.entries(changes)) {
      if (linked.includes(trait) && JSON.stringify(model.get(trait)) !== JSON.stringify(value)) model.set(trait, value);
    }
    taking = false;
    save();
  }

  const handlers = linked.map((trait) => [`change:${trait}`, () => tell([trait])] as const);
  for (const [event, handler] of handlers) model.on(event, handler);
  addEventListener(EVENT, (event) => take((event as CustomEvent<Told>).detail), { signal });
  signal.addEventListener("abort", () => {
    for (const [event, handler] of handlers) model.off(event, handler);
  });
}
