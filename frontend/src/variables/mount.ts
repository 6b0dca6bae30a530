/** Puts the widget together: one model, one picture, and the parts around it. */

import type { Model } from "../shared/afm";
import { aimOn, type Point } from "../shared/aim";
import { downloadCanvas } from "../shared/controls";
import { h, put } from "../shared/dom";
import { keepDrawn } from "../shared/drawn";
import { createLighter } from "../shared/light";
import { createLive } from "../shared/live";
import { sentence } from "../shared/pieces";
import { questionCard } from "../shared/question";
import { stringsOf } from "../shared/strings";
import type { Palette } from "../shared/theme";
import { judgeOf, sketched, truthOf, veilOf, wordsOf } from "./asking";
import { BASE } from "./bases";
import { createChain } from "./chain";
import { createCommands } from "./commands";
import { createGrips } from "./grips";
import { createHeader } from "./header";
import { createHelp } from "../shared/help";
import { linkOf } from "../shared/fragment";
import { inkOf } from "./ink";
import { KEYS, listenToKeys } from "./keyboard";
import { MOST_STAGE, roomFor, type Room } from "./layout";
import { gripsOf, paint } from "./paint";
import { createPanel } from "./panel";
import { listenToPointer } from "./pointer";
import { sceneOf, type Scene, type Windows } from "./scene";
import { readState, STATE_TRAITS, type State } from "./state";
import { tellTests, tellWords } from "./tell";

export function mountVariables(root: HTMLElement, model: Model, signal: AbortSignal): void {
  const t = stringsOf(model);
  const read = () => readState(model);
  const canvas = h("canvas", { class: "flowviz-canvas", role: "application", tabindex: 0 });
  const live = createLive();
  const lighter = createLighter(root, () => drawn.redraw());
  let kept: Windows | null = null;
  let held: string | null = null;
  let knot = 0;
  let room: Room = roomFor(MOST_STAGE, 0, false);
  let scene = build(read());

  function build(state: State): Scene {
    return sceneOf({ ...state, base: BASE[state.base] }, room.layout, kept);
  }

  const commands = createCommands(model, () => build(read()));
  const card = questionCard(root, model, t, {
    truth: (question) => truthOf(build(read()), question),
    judge: (question, given, truth) => judgeOf(scene, question, given, truth),
    words: (question, answer) => wordsOf(question, answer, t),
    redraw: () => drawn.redraw(),
  });
  const grips = createGrips(t, {
    settle: () => drawn.frame(),
    move(name, u, v, last) {
      if (name === "probe") return commands.probeAt(scene, u, last);
      const handle = scene.handles.find((one) => one.name === name);
      if (handle) commands.edit(() => handle.move(u, v), last);
    },
    hold(name) {
      held = name;
      kept = name && pointerDown ? { from: scene.view.from, to: scene.view.to } : null;
      if (name?.startsWith("knot-")) knot = Number(name.slice(5)) - 1;
      drawn.redraw();
    },
  });
  let pointerDown = false;
  const help = createHelp(KEYS, t, () => linkOf("variables", model));
  const header = createHeader(t, model, {
    kind: commands.kind,
    help: () => help.toggle(),
    bars: () => commands.set({ bars: !read().bars }, true),
    save: () => downloadCanvas(canvas, "change-of-variables.png"),
  });
  const say = sentence();
  const panel = createPanel(t, lighter, commands, card.el, say.el);
  const chain = createChain(t, { ...commands, look: (view) => commands.set({ view }, true) });
  const holder = h("div", { class: "flowviz-holder" }, canvas, grips.el);
  const stage = h("div", { class: "flowviz-stage" }, holder);
  const main = h("div", { class: "flowviz-main" }, stage, h("div", { class: "flowviz-side" }, panel.el));
  root.append(header.el, main, chain.el, live.el, help.el);
  put(root, "role", "group");
  put(root, "aria-label", t("title"));
  put(root, "tabindex", "-1");

  let fitted = "";

  function show(state: State, palette: Palette): void {
    scene = build(state);
    const veil = veilOf(card.current(), card.asking());
    const veiled = veil.probe || veil.data;
    chain.update(state);
    const easel = { canvas, ribbon: chain.canvas, room, ink: inkOf(palette), card, cross: aim.cross(), t };
    paint(easel, state, scene, { veil, lit: lighter.lit(), active: held ?? grips.active() });
    grips.update(gripsOf(scene, veil, t), scene);
    header.update(state);
    panel.update(state, scene, veiled, knot);
    tellWords({ root, canvas, live, say, t }, state, scene, veiled);
    tellTests(root, state, scene);
  }

  function fit(): void {
    const width = root.clientWidth;
    if (width === 0) return;
    room = roomFor(width, main.clientHeight, Boolean(model.get("presenting")));
    const key = JSON.stringify([room, window.devicePixelRatio]);
    if (key === fitted) return;
    fitted = key;
    for (const [name, on] of Object.entries(room.classes)) root.classList.toggle(`flowviz-${name}`, on);
    const { layout, scale } = room;
    resize(canvas, layout.width * scale, layout.height * scale);
    resize(grips.el, layout.width, layout.height);
    grips.el.style.transform = `scale(${scale})`;
    drawn.redraw();
  }

  const drawn = keepDrawn<State>({
    root, model, traits: STATE_TRAITS, read, card, draw: show, fit,
    key: (state) => JSON.stringify([state, kept]),
    asked: () => aim.clear(),
  }, signal);
  const aim = aimOn(
    canvas,
    {
      locate(x, y): Point {
        const { view, layout: { data } } = scene;
        const sketching = card.current()?.kind === "sketch";
        const { scale } = room;
        const v = view.v(y / scale);
        return sketching ? [Math.max(0, (data.left + data.width - x / scale) / view.left), v] : [scene.probe.values[scene.from]!, v];
      },
      wants() {
        const kind = card.asking() ? card.current()?.kind : null;
        return kind === "point" || kind === "sketch" ? kind : null;
      },
      draft(value) {
        const kind = card.current()?.kind;
        card.draft(kind === "sketch" ? sketched((value ?? []) as Point[], scene.view.to) : value);
      },
      give: (value) => card.give(value),
    },
    signal,
  );
  root.addEventListener("pointerdown", () => (pointerDown = true), { signal, capture: true });
  for (const end of ["pointerup", "pointercancel"]) {
    root.addEventListener(end, () => (pointerDown = false), { signal, capture: true });
  }
  listenToPointer(canvas, signal, {
    scene: () => scene,
    scale: () => room.scale,
    locked: card.asking,
    hold: (on) => (kept = on ? { from: scene.view.from, to: scene.view.to } : null),
    probe: (u, last) => commands.probeAt(scene, u, last),
  });
  listenToKeys(root, canvas, signal, {
    aim: aim.key,
    locked: card.asking,
    act(action) {
      const { maps, notation } = read();
      if (action === "help") return help.toggle();
      if (action === "close") return void help.close();
      if (action === "notation") return commands.set({ notation: notation === "data" ? "latent" : "data" }, true);
      if ("view" in action) return void (action.view < maps.length && commands.set({ view: action.view }, true));
      drawn.frame();
      const [low, high] = scene.view.from;
      commands.probeAt(scene, scene.probe.values[scene.from]! + action.step * (high - low), true);
    },
  });
  drawn.start();
  const bars = new ResizeObserver(fit); // in front of a class: a foot that grows leaves less
  bars.observe(main);
  signal.addEventListener("abort", () => bars.disconnect());
}

function resize(el: HTMLElement, width: number, height: number): void {
  el.style.width = `${width}px`;
  el.style.height = `${height}px`;
}
