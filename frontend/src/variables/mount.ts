/** Puts the widget together: one model, one picture, and the parts around it. */

import type { Model } from "../shared/afm";
import { aimOn, type Point } from "../shared/aim";
import { downloadCanvas } from "../shared/controls";
import { h, put } from "../shared/dom";
import { createLighter } from "../shared/light";
import { createLive } from "../shared/live";
import { sentence } from "../shared/pieces";
import { QUESTION_TRAITS, questionCard } from "../shared/question";
import { stringsOf } from "../shared/strings";
import { applyTheme, watchTheme } from "../shared/theme";
import { createLoop } from "../player/loop";
import { judgeOf, sketched, truthOf, veilOf, wordsOf } from "./asking";
import { BASE } from "./bases";
import { createChain } from "./chain";
import { createCommands } from "./commands";
import { draw } from "./draw";
import { drawAnswer } from "./drawAnswer";
import { createGrips, type Grip } from "./grips";
import { createHeader } from "./header";
import { createHelp, type KeyRow } from "../shared/help";
import { linkOf } from "../shared/fragment";
import { inkOf } from "./ink";
import { layoutFor, widthFor } from "./layout";
import { createPanel } from "./panel";
import { drawRibbon, RIBBON_HEIGHT } from "./ribbon";
import { sceneOf, type Scene, type Windows } from "./scene";
import { readState, STATE_TRAITS, type State } from "./state";
import { tellTests, tellWords } from "./tell";
import { curveName, stageName } from "./words";
import { plain } from "../shared/numbers";

/** Keys, and the texts that say what they do. */
const KEYS: KeyRow[] = [
  [["←", "→", "↑", "↓"], "key probe"],
  [["1", "4", "0"], "key all"],
  [["N"], "key notation"],
];

const NARROW = 760;
const MOST_STAGE = 610;
/** In front of a class the picture is drawn this much larger. */
const LARGE = 1.25;

export function mountVariables(root: HTMLElement, model: Model, signal: AbortSignal): void {
  const t = stringsOf(model);
  const read = () => readState(model);
  const canvas = h("canvas", { class: "flowviz-canvas", role: "application", tabindex: 0 });
  const live = createLive();
  const lighter = createLighter(root, () => redraw());
  let kept: Windows | null = null;
  let held: string | null = null;
  let knot = 0;
  let layout = layoutFor(MOST_STAGE);
  let scale = 1;
  let scene = build(read());

  function build(state: State): Scene {
    return sceneOf({ ...state, base: BASE[state.base] }, layout, kept);
  }

  const commands = createCommands(model, () => scene);
  const card = questionCard(root, model, t, {
    truth: (question) => truthOf(build(read()), question),
    judge: (question, given, truth) => judgeOf(scene, question, given, truth),
    words: (question, answer) => wordsOf(question, answer, t),
    redraw: () => redraw(),
  });
  const grips = createGrips(t, {
    settle: () => void frame(),
    move(name, u, v, last) {
      if (name === "probe") return commands.probeAt(scene, u, last);
      const handle = scene.handles.find((one) => one.name === name);
      if (handle) commands.edit(() => handle.move(u, v), last);
    },
    hold(name) {
      held = name;
      kept = name && pointerDown ? { from: scene.view.from, to: scene.view.to } : null;
      if (name?.startsWith("knot-")) knot = Number(name.slice(5)) - 1;
      redraw();
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

  let palette = applyTheme(root, model.get("theme"));
  let fitted = "";
  let drawn = "";
  let frames = 0;

  function show(state: State): void {
    scene = build(state);
    const ink = inkOf(palette);
    const veil = veilOf(card.current(), card.asking());
    const veiled = veil.probe || veil.data;
    const pen = penOf(canvas, layout.width, layout.height, scale);
    const names = { from: stageName(scene.from, state.maps.length), to: stageName(scene.to, state.maps.length) };
    const shown = {
      bars: state.bars,
      veil,
      lit: lighter.lit(),
      active: held ?? grips.active(),
      names: {
        from: t(scene.from === 0 ? "p(z), the base" : "p({name})", { name: names.from }),
        to: t(scene.to === state.maps.length ? "p(x), the data side" : "p({name})", { name: names.to }),
        curve: curveName(state, scene.from, scene.to),
      },
      beyond: (share: number) => t("beyond", { share: plain(100 * share, 1) }),
    };
    draw(pen, scene, shown, ink);
    const question = card.current();
    if (question) drawAnswer(pen, scene, question, card.given(), crossAt(), ink);
    drawChain(state, ink, veiled);
    const probe: Grip = { name: "probe", label: t("probe"), u: scene.probe.values[scene.from]!, v: veil.probe ? scene.view.to[0] : scene.probe.values[scene.to]! };
    const handles = scene.handles.map((one) => ({ ...one, label: t(`handle ${one.label}`, { knot: one.name.slice(5) }) }));
    grips.update(Number.isFinite(probe.v) ? [...handles, probe] : handles, scene);
    header.update(state);
    panel.update(state, scene, veiled, knot);
    chain.update(state);
    tellWords({ root, canvas, live, say, t }, state, scene, veiled);
    tellTests(root, state, scene);
    put(root, "data-frames-drawn", String(++frames));
    put(root, "data-ready", "1");
  }

  function crossAt(): Point | null {
    const cross = card.asking() ? aim.cross() : null;
    return cross && [cross[0] / scale, cross[1] / scale];
  }

  function drawChain(state: State, ink: ReturnType<typeof inkOf>, veiled: boolean): void {
    if (state.maps.length < 2) return;
    const width = Math.max(200, root.clientWidth - 34);
    chain.canvas.style.width = `${width}px`;
    drawRibbon(penOf(chain.canvas, width, RIBBON_HEIGHT), scene, state.maps.length + 1, width, ink, veiled);
  }

  function frame(): boolean {
    const state = read();
    const key = JSON.stringify([state, kept]);
    if (key !== drawn) {
      drawn = key;
      show(state);
    }
    return false;
  }

  function redraw(): void {
    drawn = "";
    loop.wake();
  }

  function recolour(): void {
    palette = applyTheme(root, model.get("theme"));
    redraw();
  }

  function fit(): void {
    const width = root.clientWidth;
    const presenting = Boolean(model.get("presenting"));
    const room = `${width} ${window.innerHeight * Number(presenting)} ${window.devicePixelRatio}`;
    if (width === 0 || room === fitted) return;
    fitted = room;
    const narrow = width < NARROW;
    root.classList.toggle("flowviz-narrow", narrow);
    root.classList.toggle("flowviz-tight", width < 520);
    root.classList.toggle("flowviz-snug", width < 960);
    scale = presenting && !narrow ? LARGE : 1;
    const most = presenting ? widthFor((window.innerHeight - 190) / scale) : MOST_STAGE;
    const wide = (narrow ? width - 24 : Math.round(width * 0.56) - 20) / scale;
    layout = layoutFor(Math.max(240, Math.min(most, wide)));
    canvas.style.width = `${layout.width * scale}px`;
    canvas.style.height = `${layout.height * scale}px`;
    grips.el.style.width = `${layout.width}px`;
    grips.el.style.height = `${layout.height}px`;
    grips.el.style.transform = `scale(${scale})`;
    redraw();
  }

  const loop = createLoop(root, frame, (visible) => visible && redraw(), signal);
  const aim = aimOn(
    canvas,
    {
      locate(x, y): Point {
        const { view, layout: { data } } = scene;
        const sketching = card.current()?.kind === "sketch";
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
  listenToCanvas();
  listenToKeys();
  const observer = new ResizeObserver(fit);
  observer.observe(root);
  signal.addEventListener("abort", () => observer.disconnect());
  watchTheme(root, recolour, signal);
  watchModel();
  card.update();
  fit();
  redraw();

  /** The probe follows the pointer anywhere on the picture. */
  function listenToCanvas(): void {
    let pointer = -1;
    const to = (event: PointerEvent, last: boolean) => {
      const box = canvas.getBoundingClientRect();
      const [x, y] = [(event.clientX - box.left) / scale, (event.clientY - box.top) / scale];
      const { data } = scene.layout;
      const u = x < data.left + data.width ? backFrom(scene, scene.view.v(y)) : scene.view.u(x);
      commands.probeAt(scene, u, last);
    };
    canvas.addEventListener("pointerdown", (event) => {
      if (event.button !== 0 || card.asking()) return;
      canvas.setPointerCapture((pointer = event.pointerId));
      kept = { from: scene.view.from, to: scene.view.to };
      to(event, false);
    }, { signal });
    canvas.addEventListener("pointermove", (event) => event.pointerId === pointer && to(event, false), { signal });
    for (const end of ["pointerup", "pointercancel"] as const) {
      canvas.addEventListener(end, (event) => {
        if (event.pointerId !== pointer) return;
        pointer = -1;
        kept = null;
        to(event, true);
      }, { signal });
    }
  }

  function listenToKeys(): void {
    root.addEventListener("keydown", (event) => {
      if (event.ctrlKey || event.metaKey || event.altKey || event.key === "Tab") return;
      event.stopPropagation();
      if (event.target === canvas && aim.key(event)) return event.preventDefault();
      if (press(event.key)) return event.preventDefault();
      if (event.target !== canvas || card.asking()) return;
      const by = { ArrowLeft: -1, ArrowRight: 1 }[event.key];
      if (!by) return;
      event.preventDefault();
      frame();
      const { from } = scene.view;
      const step = ((from[1] - from[0]) / (event.shiftKey ? 300 : 60)) * by;
      commands.probeAt(scene, scene.probe.values[scene.from]! + step, true);
    }, { signal });
  }

  /** Keys that hold everywhere in the widget but where figures are typed. */
  function press(key: string): boolean {
    const active = (root.getRootNode() as Document | ShadowRoot).activeElement;
    if (active instanceof HTMLInputElement && active.type !== "range") return false;
    const { maps, notation } = read();
    if (key === "?") help.toggle();
    else if (key === "Escape") return help.close();
    else if (card.asking()) return false;
    else if (key.toLowerCase() === "n") commands.set({ notation: notation === "data" ? "latent" : "data" }, true);
    else if (key >= "0" && key <= String(maps.length)) commands.set({ view: Number(key) - 1 }, true);
    else return false;
    return true;
  }

  function watchModel(): void {
    const events: [string, () => void][] = [
      ...STATE_TRAITS.map((name): [string, () => void] => [`change:${name}`, () => loop.wake()]),
      ...QUESTION_TRAITS.map((name): [string, () => void] => [`change:${name}`, () => card.update()]),
      ["change:theme", recolour],
      ["change:presenting", () => (fit(), redraw())],
      ["change:asked", () => aim.clear()],
    ];
    for (const [event, handler] of events) model.on(event, handler);
    signal.addEventListener("abort", () => {
      for (const [event, handler] of events) model.off(event, handler);
    });
  }
}

/** The place below that leads to v on the left. */
function backFrom({ stack, from, to }: Scene, v: number): number {
  return stack.curves.slice(from, to).reduceRight((value, curve) => curve.back(value), v);
}

function penOf(canvas: HTMLCanvasElement, width: number, height: number, scale = 1): CanvasRenderingContext2D {
  const ratio = (window.devicePixelRatio || 1) * scale;
  const [w, h] = [Math.round(width * ratio), Math.round(height * ratio)];
  if (canvas.width !== w) canvas.width = w;
  if (canvas.height !== h) canvas.height = h;
  const pen = canvas.getContext("2d")!;
  pen.setTransform(ratio, 0, 0, ratio, 0, 0);
  return pen;
}
