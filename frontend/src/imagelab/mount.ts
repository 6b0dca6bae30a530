/** Puts the widget together: one record, one canvas, and the parts around it. */

import { createLoop } from "../player/loop";
import type { Model } from "../shared/afm";
import { aimOn, type Point } from "../shared/aim";
import { downloadCanvas } from "../shared/controls";
import { h, put } from "../shared/dom";
import { linkOf } from "../shared/fragment";
import { createHelp, type KeyRow } from "../shared/help";
import { createLighter } from "../shared/light";
import { createLive } from "../shared/live";
import { sentence } from "../shared/pieces";
import { QUESTION_TRAITS, questionCard } from "../shared/question";
import { stringsOf } from "../shared/strings";
import { applyTheme, watchTheme } from "../shared/theme";
import { throttle } from "../shared/throttle";
import { judgeOf, truthOf, veils, versusOf, wordsOf } from "./asking";
import { toBytes, toText } from "./bytes";
import { drawScene } from "./draw";
import { createHeader } from "./header";
import { createKernel } from "./kernel";
import { moveBy } from "./keys";
import { createPanel } from "./panel";
import { createPen } from "./pen";
import type { Lab } from "./record";
import { sceneOf, type Scene } from "./scene";
import { createSheet, type Tool } from "./sheet";
import { readState, STATE_TRAITS, VIEWS, type State } from "./state";
import { tell } from "./tell";
import { termAt } from "./waterfall";

const KEYS: KeyRow[] = [
  [["1", "6"], "key views"],
  [["←", "→", "↑", "↓"], "key arrows"],
  [["[", "]"], "key slider"],
  [["Space"], "key pen"],
  [["E"], "key erase"],
];
const NARROW = 760;
const MOST_STAGE = 560;
const LARGE = 1.3;

export function mountImageLab(root: HTMLElement, model: Model, signal: AbortSignal, lab: Lab): void {
  const t = stringsOf(model);
  const read = () => readState(model, lab);
  const canvas = h("canvas", { class: "flowviz-canvas", role: "application", tabindex: 0 });
  const live = createLive();
  const lighter = createLighter(root, () => redraw());
  const sheet = createSheet(lab.meta.shape);
  const kernel = createKernel(model, lab, () => redraw(), signal);
  const save = throttle(() => model.save_changes(), 100);
  let tool: Tool = "brush";
  let width = MOST_STAGE;
  let scale = 1;
  let scene: Scene | null = null;
  let drawn = "";
  let sheeted = "";
  let frames = 0;
  let term: number | null = null;

  function set(changes: Record<string, unknown>, last: boolean): void {
    for (const [name, value] of Object.entries(changes)) model.set(name, value);
    save();
    if (last) save.flush();
  }

  const card = questionCard(root, model, t, {
    truth: (question) => truthOf(lab, read(), question),
    judge: judgeOf,
    words: (question, answer) => wordsOf(question, answer, lab, read(), t),
    redraw: () => redraw(),
  });
  const veiled = () => veils(card.current(), card.asking());
  const pen = createPen(canvas, {
    wants: () => read().view === "draw" && !card.asking(),
    place: (x, y) => placeOn(scene?.pad ?? null, x, y),
    size: [lab.meta.shape[1], lab.meta.shape[2]],
    stroke(from, to) {
      sheet.stroke(from, to, tool);
      keepSheet(false);
    },
    done: () => keepSheet(true),
    redraw: () => redraw(),
  }, signal);

  function keepSheet(last: boolean): void {
    sheeted = toText(sheet.image);
    set({ drawing: sheeted }, last);
    redraw();
  }

  function setSheet(bytes: ArrayLike<number>): void {
    sheet.set(Uint8Array.from(bytes));
    keepSheet(true);
  }

  const help = createHelp(KEYS, t, () => linkOf("imagelab", model));
  const header = createHeader(lab, t, model, {
    view: (view) => set({ view }, true),
    help: () => help.toggle(),
    save: () => downloadCanvas(canvas, "imagelab.png"),
  });
  const say = sentence();
  const panel = createPanel({
    lab, kernel, t, lighter, set,
    tool: (next) => ((tool = next), redraw()),
    clear: () => setSheet(new Uint8Array(sheet.image.length)),
    take: () => setSheet(lab.image(read().chosen)),
    question: card.el,
    sentence: say.el,
  });
  const main = h("div.main", {}, h("div.stage", {}, canvas), h("div.side", {}, panel.el));
  root.append(header.el, main, live.el, help.el);
  put(root, "role", "group");
  put(root, "aria-label", lab.meta.title);
  put(root, "tabindex", "-1");
  let palette = applyTheme(root, model.get("theme"));

  function show(state: State): void {
    if (state.drawing !== sheeted) {
      sheeted = state.drawing;
      sheet.set(toBytes(sheeted, sheet.image.length));
    }
    if (state.view === "draw") kernel.score(state.drawing || toText(sheet.image));
    const blind = veiled();
    const versus = versusOf(card.current());
    scene = sceneOf({ ...state, drawing: state.drawing || toText(sheet.image) }, { lab, kernel, t, veiled: blind, versus, sheet: sheet.image }, width);
    const context = contextOf(canvas, width, scene.height, scale);
    const paints = model.get("presenting") ? { ...palette, mute: palette.ink } : palette;
    drawScene(context, scene, { lab, state, palette: paints, t, mark: markOf(state), within: kernel.there ? null : lab.meta.latents, lit: lighter.lit(), term, type: scale > 1 ? 1.1 : 1 }, width);
    drawAim(context);
    canvas.toggleAttribute("data-pad", state.view === "draw");
    header.update(state.view);
    const now = { ...state, drawing: state.drawing || toText(sheet.image) };
    panel.update(now, { veiled: blind, versus: versus !== null, tool, term });
    tell({ root, canvas, live, say, t }, now, lab, kernel, blind);
    put(root, "data-tool", tool);
    put(root, "data-frames-drawn", String(++frames));
    put(root, "data-ready", "1");
  }

  function markOf(state: State): [number, number] | null {
    if (state.view === "draw") return pen.cursor();
    return card.asking() ? null : state.pixel;
  }

  /** A place that was given or is aimed at, and the true one. */
  function drawAim(context: CanvasRenderingContext2D): void {
    const question = card.current();
    const tile = scene?.tiles[0];
    if (question?.kind !== "point" || !tile) return;
    const dot = ([x, y]: Point, colour: string) => {
      context.beginPath();
      context.arc(tile.x + (x / lab.meta.shape[2]) * tile.width, tile.y + (y / lab.meta.shape[1]) * tile.height, 9, 0, 7);
      context.strokeStyle = colour;
      context.lineWidth = 3;
      context.stroke();
    };
    const given = card.given() as Point | null;
    if (given) dot(given, "#d65c00");
    const answer = card.answer();
    if (!card.asking() && answer) dot(answer.truth as Point, palette.accent);
  }

  function frame(): boolean {
    const state = read();
    const key = JSON.stringify(state);
    if (key === drawn) return false;
    drawn = key;
    show(state);
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
    const room = root.clientWidth;
    if (room === 0) return;
    const presenting = Boolean(model.get("presenting"));
    const narrow = room < NARROW;
    root.classList.toggle("flowviz-narrow", narrow);
    root.classList.toggle("flowviz-tight", room < 520);
    scale = presenting && !narrow ? LARGE : 1;
    const wide = narrow ? room - 26 : Math.min(MOST_STAGE * scale, Math.round(room * 0.52));
    width = Math.max(240, Math.round(wide / scale));
    redraw();
  }

  /** (column, row) on a tile, in pixels of the image; null beside it. */
  function placeOn(tile: Scene["tiles"][0] | null, x: number, y: number): Point | null {
    if (!tile) return null;
    const [u, v] = [(x / scale - tile.x) / tile.width, (y / scale - tile.y) / tile.height];
    const inside = u >= 0 && v >= 0 && u < 1 && v < 1;
    return inside ? [u * lab.meta.shape[2], v * lab.meta.shape[1]] : null;
  }

  const loop = createLoop(root, frame, (visible) => visible && redraw(), signal);
  const aim = aimOn(canvas, {
    locate(x, y): Point {
      return placeOn(scene?.tiles[0] ?? null, x, y) ?? [lab.meta.shape[2] / 2, lab.meta.shape[1] / 2];
    },
    wants: () => (card.asking() && card.current()?.kind === "point" ? "point" : null),
    draft: (value) => card.draft(value),
    give: (value) => card.give(value.map((one) => Number(one.toFixed(2)))),
  }, signal);

  /** A press on a small picture, a latent, a pixel. */
  function pick(event: PointerEvent, pressed: boolean): void {
    if (!scene || card.asking()) return;
    const box = canvas.getBoundingClientRect();
    const [x, y] = [event.clientX - box.left, event.clientY - box.top];
    point(scene.ledger ? termAt(scene.ledger, scene.ledger.terms, x / scale, y / scale) : null);
    for (const tile of scene.tiles) {
      const at = placeOn(tile, x, y);
      if (!at) continue;
      if (tile.pick && pressed) return set(tile.pick, true);
      if (tile.pixel && read().view === "bits") return set({ pixel: [Math.floor(at[1]), Math.floor(at[0])] }, pressed);
    }
    const { codes } = scene;
    if (!codes || !pressed) return;
    const { rows, columns, at } = codes.mosaic;
    const [u, v] = [(x / scale - codes.x) / codes.width, (y / scale - codes.y) / codes.height];
    const latent = at(Math.floor(v * rows), Math.floor(u * columns));
    if (latent >= 0 && (kernel.there || lab.meta.latents.includes(latent))) set({ latent }, true);
  }

  /** At a term of the ledger: its row in the table is shown. */
  function point(at: number | null): void {
    if (at === term) return;
    term = at;
    redraw();
  }

  canvas.addEventListener("pointerdown", (event) => event.button === 0 && pick(event, true), { signal });
  canvas.addEventListener("pointermove", (event) => event.pointerType === "mouse" && pick(event, false), { signal });

  root.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey || event.key === "Tab") return;
    event.stopPropagation();
    if (event.target === canvas && (aim.key(event) || pen.key(event))) return event.preventDefault();
    if (press(event.key)) return event.preventDefault();
    if (card.asking()) return;
    const changes = moveBy(event.key, event.target === canvas, read(), lab, kernel.there);
    if (!changes) return;
    event.preventDefault();
    set(changes, true);
  }, { signal });

  /** Keys that hold everywhere in the widget but where figures are typed. */
  function press(key: string): boolean {
    const active = (root.getRootNode() as Document | ShadowRoot).activeElement;
    if (active instanceof HTMLInputElement && active.type !== "range") return false;
    if (key === "?") help.toggle();
    else if (key === "Escape") return help.close();
    else if (card.asking()) return false;
    else if (key.toLowerCase() === "e" && read().view === "draw") (tool = tool === "brush" ? "erase" : "brush"), redraw();
    else if (key >= "1" && key <= String(VIEWS.length)) set({ view: VIEWS[Number(key) - 1] }, true);
    else return false;
    return true;
  }

  const events: [string, () => void][] = [
    ...STATE_TRAITS.map((name): [string, () => void] => [`change:${name}`, () => loop.wake()]),
    ...QUESTION_TRAITS.map((name): [string, () => void] => [`change:${name}`, () => card.update()]),
    ["change:theme", recolour],
    ["change:presenting", fit],
    ["change:asked", () => aim.clear()],
  ];
  for (const [event, handler] of events) model.on(event, handler);
  const observer = new ResizeObserver(fit);
  observer.observe(root);
  signal.addEventListener("abort", () => {
    observer.disconnect();
    for (const [event, handler] of events) model.off(event, handler);
  });
  watchTheme(root, recolour, signal);
  card.update();
  fit();
}

function contextOf(canvas: HTMLCanvasElement, width: number, height: number, scale: number): CanvasRenderingContext2D {
  const ratio = (window.devicePixelRatio || 1) * scale;
  const [w, hgt] = [Math.round(width * ratio), Math.round(height * ratio)];
  if (canvas.width !== w) canvas.width = w;
  if (canvas.height !== hgt) canvas.height = hgt;
  canvas.style.width = `${width * scale}px`;
  canvas.style.height = `${height * scale}px`;
  const context = canvas.getContext("2d")!;
  context.setTransform(ratio, 0, 0, ratio, 0, 0);
  return context;
}
