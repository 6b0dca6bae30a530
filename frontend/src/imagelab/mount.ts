/** Puts the widget together: one record, one canvas, and the parts around it. */

import type { Model } from "../shared/afm";
import { aimOn, type Point } from "../shared/aim";
import { penOf } from "../shared/canvas";
import { downloadCanvas } from "../shared/controls";
import { h, put } from "../shared/dom";
import { keepDrawn } from "../shared/drawn";
import { linkOf } from "../shared/fragment";
import { createHelp, type KeyRow } from "../shared/help";
import { createLighter } from "../shared/light";
import { createLive } from "../shared/live";
import { listenToOwnKeys } from "../shared/ownkeys";
import { sentence } from "../shared/pieces";
import { questionCard } from "../shared/question";
import { stringsOf } from "../shared/strings";
import type { Palette } from "../shared/theme";
import { throttle } from "../shared/throttle";
import { judgeOf, truthOf, veils, versusOf, wordsOf } from "./asking";
import { toBytes, toText } from "./bytes";
import { drawPlaces, drawScene } from "./draw";
import { createHeader } from "./header";
import { createKernel } from "./kernel";
import { moveBy } from "./keys";
import { createPanel } from "./panel";
import { createPen } from "./pen";
import type { Lab } from "./record";
import { sceneOf, type Scene } from "./scene";
import { createSheet, type Tool } from "./sheet";
import { picked, placeOn } from "./places";
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
const EDGES = 30; // above and below the stage

export function mountImageLab(root: HTMLElement, model: Model, signal: AbortSignal, lab: Lab): void {
  const t = stringsOf(model);
  const read = () => readState(model, lab);
  const canvas = h("canvas", { class: "flowviz-canvas", role: "application", tabindex: 0 });
  const live = createLive();
  const lighter = createLighter(root, () => drawn.redraw());
  const sheet = createSheet(lab.meta.shape);
  const kernel = createKernel(model, lab, () => drawn.redraw(), signal);
  const save = throttle(() => model.save_changes(), 100);
  let tool: Tool = "brush";
  let width = MOST_STAGE;
  let scale = 1;
  let largest = 1;
  let scene: Scene | null = null;
  let sheeted = "";
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
    redraw: () => drawn.redraw(),
  });
  const pen = createPen(canvas, {
    wants: () => read().view === "draw" && !card.asking(),
    place: (x, y) => placeOn(scene?.pad, lab.meta.shape, within(x, y)),
    size: [lab.meta.shape[1], lab.meta.shape[2]],
    stroke(from, to) {
      sheet.stroke(from, to, tool);
      keepSheet(false);
    },
    done: () => keepSheet(true),
    redraw: () => drawn.redraw(),
  }, signal);

  function keepSheet(last: boolean): void {
    sheeted = toText(sheet.image);
    set({ drawing: sheeted }, last);
    drawn.redraw();
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
    tool: (next) => ((tool = next), drawn.redraw()),
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

  function show(state: State, palette: Palette): void {
    if (state.drawing !== sheeted) {
      sheeted = state.drawing;
      sheet.set(toBytes(sheeted, sheet.image.length));
    }
    const now = { ...state, drawing: state.drawing || toText(sheet.image) };
    if (state.view === "draw") kernel.score(now.drawing);
    const blind = veils(card.current(), card.asking());
    const versus = versusOf(card.current());
    scene = sceneOf(now, { lab, kernel, t, veiled: blind, versus, sheet: sheet.image }, width);
    scale = Math.min(largest, heightLeft() / scene.height);
    const context = penOf(canvas, width, scene.height, scale);
    canvas.style.width = `${width * scale}px`;
    canvas.style.height = `${scene.height * scale}px`;
    const paints = model.get("presenting") ? { ...palette, mute: palette.ink } : palette;
    drawScene(context, scene, { lab, state, palette: paints, t, mark: markOf(state), within: kernel.there ? null : lab.meta.latents, lit: lighter.lit(), term, type: largest > 1 ? 1.1 : 1 }, width);
    drawAim(context, palette);
    canvas.toggleAttribute("data-pad", state.view === "draw");
    header.update(state.view);
    panel.update(now, { veiled: blind, versus: versus !== null, tool, term });
    tell({ root, canvas, live, say, t }, now, lab, kernel, blind);
    put(root, "data-tool", tool);
  }

  function markOf(state: State): [number, number] | null {
    if (state.view === "draw") return pen.cursor();
    return card.asking() ? null : state.pixel;
  }

  /** A place that was given or is aimed at, and the true one. */
  function drawAim(context: CanvasRenderingContext2D, palette: Palette): void {
    const question = card.current();
    const tile = scene?.tiles[0];
    if (question?.kind !== "point" || !tile) return;
    const [given, answer] = [card.given() as Point | null, card.answer()];
    drawPlaces(context, tile, lab.meta.shape, [
      ...(given ? [{ at: given, colour: "#d65c00" }] : []),
      ...(!card.asking() && answer ? [{ at: answer.truth as Point, colour: palette.accent }] : []),
    ]);
  }

  /** For the stage, in front of a class: what is shown is seen as a whole. */
  function heightLeft(): number {
    if (largest === 1) return Infinity;
    const bars = [header.el, root.querySelector<HTMLElement>(".flowviz-beats")];
    return root.clientHeight - bars.reduce((sum, bar) => sum + (bar?.offsetHeight ?? 0), 0) - EDGES;
  }

  function fit(): void {
    const room = root.clientWidth;
    if (room === 0) return;
    const presenting = Boolean(model.get("presenting"));
    const narrow = room < NARROW;
    root.classList.toggle("flowviz-narrow", narrow);
    root.classList.toggle("flowviz-tight", room < 520);
    largest = presenting && !narrow ? LARGE : 1;
    const wide = narrow ? room - 26 : Math.min(MOST_STAGE * largest, Math.round(room * 0.52));
    width = Math.max(240, Math.round(wide / largest));
    drawn.redraw();
  }

  /** A place of the canvas in pixels of the scene. */
  const within = (x: number, y: number): Point => [x / scale, y / scale];

  const drawn = keepDrawn<State>({
    root, model, traits: STATE_TRAITS, read, card, draw: show, fit, key: JSON.stringify, asked: () => aim.clear(),
  }, signal);
  const aim = aimOn(canvas, {
    locate(x, y): Point {
      return placeOn(scene?.tiles[0], lab.meta.shape, within(x, y)) ?? [lab.meta.shape[2] / 2, lab.meta.shape[1] / 2];
    },
    wants: () => (card.asking() && card.current()?.kind === "point" ? "point" : null),
    draft: (value) => card.draft(value),
    give: (value) => card.give(value.map((one) => Number(one.toFixed(2)))),
  }, signal);

  function pick(event: PointerEvent, pressed: boolean): void {
    if (!scene || card.asking()) return;
    const box = canvas.getBoundingClientRect();
    const at = within(event.clientX - box.left, event.clientY - box.top);
    point(scene.ledger ? termAt(scene.ledger, scene.ledger.terms, ...at) : null);
    const open = (latent: number) => kernel.there || lab.meta.latents.includes(latent);
    const found = picked(scene, at, { view: read().view, shape: lab.meta.shape, pressed, open });
    if (found) set(found, pressed);
  }

  /** At a term of the ledger: its row in the table is shown. */
  function point(at: number | null): void {
    if (at === term) return;
    term = at;
    drawn.redraw();
  }

  canvas.addEventListener("pointerdown", (event) => event.button === 0 && pick(event, true), { signal });
  canvas.addEventListener("pointermove", (event) => event.pointerType === "mouse" && pick(event, false), { signal });

  listenToOwnKeys(root, (event) => {
    if (event.target === canvas && (aim.key(event) || pen.key(event))) return true;
    if (press(event.key)) return true;
    const changes = card.asking() ? null : moveBy(event.key, event.target === canvas, read(), lab, kernel.there);
    if (changes) set(changes, true);
    return changes !== null;
  }, signal);

  /** Keys that hold everywhere in the widget but where figures are typed. */
  function press(key: string): boolean {
    const active = (root.getRootNode() as Document | ShadowRoot).activeElement;
    if (active instanceof HTMLInputElement && active.type !== "range") return false;
    if (key === "?") help.toggle();
    else if (key === "Escape") return help.close();
    else if (card.asking()) return false;
    else if (key.toLowerCase() === "e" && read().view === "draw") (tool = tool === "brush" ? "erase" : "brush"), drawn.redraw();
    else if (key >= "1" && key <= String(VIEWS.length)) set({ view: VIEWS[Number(key) - 1] }, true);
    else return false;
    return true;
  }

  drawn.start();
}
