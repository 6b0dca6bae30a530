/** Puts the player together: one model, one picture, and the parts around it. */

import type { Model } from "../shared/afm";
import { downloadCanvas } from "../shared/controls";
import { h, put } from "../shared/dom";
import { linkOf } from "../shared/fragment";
import { createHelp } from "../shared/help";
import { createLighter } from "../shared/light";
import { createLive } from "../shared/live";
import { stringsOf } from "../shared/strings";
import { applyTheme, watchTheme } from "../shared/theme";
import type { Trace } from "../shared/trace";
import { createAsking } from "./asking";
import { createAuditPanel } from "./auditpanel";
import { createCommands } from "./commands";
import { createEquation } from "./equation";
import { createHeader } from "./header";
import { KEY_HELP } from "./keys";
import { listenToKeys } from "./keyboard";
import { layoutFor } from "./layout";
import { createLoop } from "../shared/loop";
import { createPanel } from "./panel";
import { createPlayer } from "./playing";
import { createPicture, gridOf } from "./scene";
import { readState, STATE_TRAITS, type Part, type State } from "./state";
import { createTeller } from "./tell";
import { createTransport } from "./transport";

export function mountPlayer(root: HTMLElement, model: Model, trace: Trace, signal: AbortSignal): void {
  const { meta } = trace;
  const t = stringsOf(model);
  const read = () => readState(model, trace);
  const canvas = h("canvas.canvas", { role: "application", tabindex: 0 });
  const picture = createPicture(canvas, trace, t);
  const [live, help] = [createLive(), createHelp(KEY_HELP, t, () => linkOf("player", model))];
  const lighter = createLighter(root, () => redraw());
  const asking = createAsking(root, canvas, model, trace, picture, t, () => redraw(), signal);
  const { card, aiming } = asking;
  const commands = createCommands(model, trace, picture, help, root, card.asking);
  const { act, scrub, select, set } = commands;
  const header = createHeader(meta.title, partsOf(trace), t, model, act, () => downloadCanvas(canvas, fileName(meta.title)));
  const equation = createEquation(meta.exact, t, lighter, (notation) => set({ notation }, true));
  const audit = createAuditPanel(trace, t, (broken) => set({ broken }, true));
  const panel = createPanel(meta, t, (to) => act({ do: "go", to }), lighter, equation, card.el, audit.el);
  const transport = createTransport(meta, t, act, scrub);
  const tell = createTeller(trace, { root, canvas, header, panel, transport, live, t });
  const stage = h("div.stage", {}, canvas);
  const main = h("div.main", {}, stage, h("div.side", {}, panel.el));
  root.append(header.el, main, transport.el, live.el, help.el);
  setAttributes(root, { role: "group", "aria-label": t("label", { title: meta.title }), tabindex: "-1" });

  let palette = applyTheme(root, read().theme);
  let fitted = "";
  let drawn = "";
  let frames = 0;
  const player = createPlayer(meta.layers, commands);

  function show(state: State): void {
    const key = JSON.stringify(state);
    if (key === drawn) return;
    drawn = key;
    const block = asking.block();
    picture.draw(state, palette, { block, field: lighter.lit() === "volume", marks: asking.marks() });
    tell(state);
    equation.set(state.notation);
    panel.audit(state.show.audit);
    if (state.show.audit) audit.update(state.broken, picture.painted(), block === null ? null : picture.blockNow(block));
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

  /** A trait has changed: the question may be another one, and the room. */
  function changed(): void {
    if (card.current()?.id !== root.dataset["asked"] || card.asking()) aiming.clear();
    card.update();
    fit();
    loop.wake();
  }

  function recolour(): void {
    palette = applyTheme(root, read().theme);
    redraw();
  }

  function fit(): void {
    const ratio = window.devicePixelRatio || 1;
    const presenting = root.classList.contains("flowviz-present");
    const height = presenting ? root.clientHeight : null;
    const room = `${root.clientWidth} ${ratio} ${height}`;
    if (root.clientWidth === 0 || room === fitted) return;
    fitted = room;
    const { side, narrow, tight, snug } = layoutFor(root.clientWidth, height);
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
  listenToModel(model, signal, changed, recolour);
  listenToKeys(root, canvas, transport.strip, () => read().selected >= 0, act, aiming.key, signal);
  canvas.addEventListener("click", (event) => {
    if (event.defaultPrevented) return;
    const box = canvas.getBoundingClientRect();
    select(event.clientX - box.left, event.clientY - box.top);
  });
  card.update();
  fit();
}

function setAttributes(el: Element, attributes: Record<string, string>): void {
  for (const [name, value] of Object.entries(attributes)) put(el, name, value);
}

function partsOf(trace: Trace): Part[] {
  const grid = gridOf(trace, "normalize") ?? gridOf(trace, "generate");
  return [...(trace.mesh ? ["density" as const] : []), "particles", ...(grid ? ["grid" as const] : []), ...(trace.mesh ? ["audit" as const] : [])];
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
