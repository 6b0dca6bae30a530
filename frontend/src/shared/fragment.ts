/**
 * The state string, as the Python half writes and reads it (flowviz/widgets/state.py):
 * "flowviz1." + base64url of UTF-8 JSON with sorted keys. A page without a kernel keeps it in its
 * address, after the "#".
 */

import type { Model } from "./afm";
import { throttle } from "./throttle";

const MARK = "flowviz1.";

export type Values = Record<string, unknown>;

export function packState(values: Values): string {
  const bytes = new TextEncoder().encode(JSON.stringify(values, sorted));
  const binary = Array.from(bytes, (byte) => String.fromCharCode(byte)).join("");
  return MARK + btoa(binary).replaceAll("+", "-").replaceAll("/", "_").replace(/=+$/, "");
}

/** Objects give their keys in order. */
function sorted(_: string, value: unknown): unknown {
  if (value === null || typeof value !== "object" || Array.isArray(value)) return value;
  return Object.fromEntries(Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1)));
}

/** The values of a state string; null for any other text. */
export function unpackState(text: string): Values | null {
  const code = text.slice(text.lastIndexOf("#") + 1);
  if (!code.startsWith(MARK)) return null;
  try {
    const binary = atob(code.slice(MARK.length).replaceAll("-", "+").replaceAll("_", "/"));
    const values = JSON.parse(new TextDecoder().decode(Uint8Array.from(binary, (c) => c.charCodeAt(0)))) as Values;
    return typeof values?.["widget"] === "string" ? values : null;
  } catch {
    return null;
  }
}

/** The state of a widget: its kind, where it comes from, and the traits that make its picture. */
export function stateOf(name: string, model: Model): string {
  const viewed = model.get<string[] | undefined>("viewed") ?? [];
  const values = Object.fromEntries(viewed.map((trait) => [trait, model.get(trait)]));
  return packState({ widget: name, origin: model.get("origin") ?? {}, ...values });
}

/** The page's address with the state; where the address is not the widget's, the state alone. */
export function linkOf(name: string, model: Model): string {
  const state = stateOf(name, model);
  const own = model.get("addressed") && /^(https?|file):$/.test(location.protocol);
  return own ? `${location.href.split("#")[0]}#${state}` : state;
}

/** The model takes on the state in the page's address, and writes its own there as it changes. */
export function followFragment(name: string, model: Model): void {
  const viewed = model.get<string[] | undefined>("viewed") ?? [];
  const take = () => {
    const values = unpackState(location.hash);
    if (values?.["widget"] !== name || !sameOrigin(values["origin"], model.get("origin"))) return;
    for (const trait of viewed) if (trait in values && trait !== "language") model.set(trait, values[trait]);
  };
  const write = throttle(() => {
    if (model.get("playing")) return;
    try {
      history.replaceState(null, "", `#${stateOf(name, model)}`);
    } catch {
      // a sandboxed frame has no address of its own
    }
  }, 300);
  model.set("addressed", true);
  take();
  addEventListener("hashchange", take);
  for (const trait of viewed) model.on(`change:${trait}`, write);
}

function sameOrigin(one: unknown, other: unknown): boolean {
  return JSON.stringify(one ?? {}, sorted) === JSON.stringify(other ?? {}, sorted);
}
