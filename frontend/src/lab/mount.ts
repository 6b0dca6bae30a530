/** Puts LayerLab together: one model, one stage, and the parts around it. */

import { listen } from "../shared/drawn";
import { createLoop } from "../shared/loop";
import type { Model } from "../shared/afm";
import { h, put } from "../shared/dom";
import { stateOf } from "../shared/fragment";
import { createHelp } from "../shared/help";
import { createLighter } from "../shared/light";
import { createLive } from "../shared/live";
import { QUESTION_TRAITS, questionCard } from "../shared/question";
import { stringsOf } from "../shared/strings";
import { applyTheme, watchTheme } from "../shared/theme";
import { throttle } from "../shared/throttle";
import { payloadBytes } from "../shared/wire";
import { createBoundCard, type BoundCard } from "./boundcard";
import { createHeader } from "./header";
import { linesOf } from "./cards";
import { KEY_ROWS, listenToKeys } from "./keys";
import { massOf } from "./mass";
import type { Kind, Params } from "./maths/kind";
import { createPanel, type Panel } from "./panel";
import { truthOf } from "./questions";
import { saveBoards } from "./save";
import { SceneMaker, type Scene } from "./scene";
import { createSliders, type Sliders } from "./sliders";
import { stageOf } from "./stages";
import { asked, type Hooks, type Stage } from "./stage/stage";
import { readState, startOf, STATE_TRAITS } from "./state";
import { told } from "./told";
import { advance, createWay } from "./way";
import { spoken } from "./words";

/** What came over the wire beside the small values. */
export interface Heavy {
  data: Float64Array | null;
}

export async function prepareLab(model: Model): Promise<Heavy> {
  const payload = model.get("points");
  if (!payload) return { data: null };
  const bytes = payloadBytes(payload);
  if (bytes.length === 0) return { data: null };
  if (bytes.length % 8 !== 0) throw new Error(`expected pairs of float32 as points, got ${bytes.length} bytes`);
  return { data: Float64Array.from(new Float32Array(bytes.slice().buffer)) };
}

/** What is rebuilt for another kind of layer. */
interface Body {
  kind: Kind;
  stage: Stage;
  panel: Panel;
  sliders: Sliders;
  bounds: BoundCard | null;
}

const NARROW = 760;
/** Milliseconds that the meter may take while something is dragged. */
const QUICK = 8;

export function mountLab(root: HTMLElement, model: Model, signal: AbortSignal, { data }: Heavy): void {
  const t = stringsOf(model);
  const maker = new SceneMaker(data);
  const live = createLive();
  let palette = applyTheme(root, model.get("theme"));
  let scene: Scene = maker.make(readState(model), palette);
  let body: Body | null = null;
  let drawn = "";
  let frames = 0;
  let before = 0;
  /** Whether this picture is drawn in full because nothing has moved for a while. */
  let resting = true;
  let waiting: ReturnType<typeof setTimeout> | undefined;

  const save = throttle(() => model.save_changes(), 100);
  function set(changes: Record<string, unknown>, last: boolean): void {
    for (const [name, value] of Object.entries(changes)) model.set(name, value);
    save();
    if (last) save.flush();
  }

  const lighter = createLighter(root, () => redraw());
  const question = questionCard(root, model, t, {
    truth: (asked) => truthOf(asked, scene),
    redraw: () => redraw(),
  });
  const hooks: Hooks = { scene: () => scene, set, t, question, lit: lighter.lit, signal };
  const help = createHelp(KEY_ROWS, t, () => stateOf("lab", model));
  const header = createHeader({ model, t, set, help: () => help.toggle(), save: () => saveBoards(body?.stage.boards ?? [], scene.kind.name) });
  const way = createWay(t, set);
  const measure = meterTimer(() => body?.panel.mass(measured(), scene));
  const stageEl = h("div", { class: "flowviz-stage" });
  const side = h("div", { class: "flowviz-side" });
  root.append(header.el, h("div", { class: "flowviz-main" }, stageEl, side), live.el, help.el);
  for (const [name, value] of Object.entries({ role: "group", tabindex: "-1" })) put(root, name, value);

  function measured(): number {
    const { kind, sound, map, state } = scene;
    return massOf({ kind, sound, map, fault: state.fault });
  }

  function build(): Body {
    const { kind } = scene;
    const stage = stageOf(kind, hooks);
    const sliders = createSliders(kind, t, (name, value, last) => set({ params: changed(name, value) }, last));
    const bounds = kind.exact ? null : createBoundCard(t, set);
    const cards = [...(bounds ? [bounds.el] : []), question.el];
    const panel = createPanel(kind, scene, { t, lighter, set, cards, lines: linesOf(model, kind.name), trained: model.get("trained") });
    stageEl.replaceChildren(h("div", {}, stage.el, way.el, sliders.el));
    side.replaceChildren(panel.el);
    panel.notation(model.get("notation") === "data" ? "data" : "latent");
    way.el.hidden = kind.dataDim !== 2 || kind.latentDim !== 2 || kind.name === "dequantization";
    put(root, "aria-label", `LayerLab: ${told(t, kind.title)}`);
    return { kind, stage, panel, sliders, bounds };
  }

  function changed(name: string, value: number): Params {
    return { ...scene.state.params, [name]: value };
  }

  function show(): void {
    const state = readState(model);
    const key = JSON.stringify([state, state.kind.name, question.given(), lighter.lit()]);
    if (key === drawn) return;
    drawn = key;
    scene = maker.make(state, palette, !resting);
    if (scene.rough) rest();
    resting = false;
    if (body?.kind !== state.kind) {
      body = build();
      fit(true);
    }
    body!.stage.draw(scene);
    body!.panel.show(scene);
    body!.sliders.set(state.params);
    body!.bounds?.show(scene);
    way.show(state);
    header.show(scene);
    measure();
    announce();
  }

  /** What was drawn roughly is drawn in full once it rests. */
  function rest(): void {
    clearTimeout(waiting);
    waiting = setTimeout(() => {
      resting = true;
      redraw();
    }, 200);
  }

  function announce(): void {
    const { state, account, kind } = scene;
    const told = {
      kind: kind.name, tau: state.tau, fault: state.fault, logp: account.total[0], params: JSON.stringify(state.params),
      probe: JSON.stringify(state.probe), latent: JSON.stringify([...scene.z]), framesDrawn: ++frames, ready: 1,
    };
    for (const [name, value] of Object.entries(told)) root.dataset[name] = String(value);
    if (frames > 1 && ["", "choice"].includes(asked(hooks))) live.say(spoken(scene, t));
  }

  function frame(now: number): boolean {
    const playing = Boolean(model.get("playing"));
    if (playing && before) set(advance(scene.state.tau, (now - before) / 1000, calm()), false);
    before = playing ? now : 0;
    show();
    return playing;
  }

  function redraw(): void {
    drawn = "";
    loop.wake();
  }

  function recolour(): void {
    palette = applyTheme(root, model.get("theme"));
    redraw();
  }

  let fitted = "";
  function fit(force = false): void {
    const width = root.clientWidth;
    const ratio = window.devicePixelRatio || 1;
    const room = `${width} ${ratio} ${model.get("view")} ${model.get("presenting")}`;
    if (width === 0 || !body || (room === fitted && !force)) return;
    fitted = room;
    const narrow = width < NARROW;
    root.classList.toggle("flowviz-narrow", narrow);
    root.classList.toggle("flowviz-tight", width < 480);
    root.classList.toggle("flowviz-snug", width < 1000);
    const stageWidth = narrow ? width - 32 : Math.round(Math.min(model.get("presenting") ? 1080 : 640, width * 0.56));
    stageEl.style.width = narrow ? "" : `${stageWidth + 31}px`;
    body.stage.el.style.width = `${stageWidth}px`;
    body.stage.resize(stageWidth, true, ratio);
    redraw();
  }

  const loop = createLoop(root, frame, (visible) => visible && redraw(), signal);
  const observer = new ResizeObserver(() => fit());
  observer.observe(root);
  signal.addEventListener("abort", () => observer.disconnect());
  watchTheme(root, recolour, signal);
  listen(model, signal, STATE_TRAITS, () => loop.wake());
  listen(model, signal, ["view"], () => fit());
  listen(model, signal, ["theme"], recolour);
  listen(model, signal, ["notation"], () => body?.panel.notation(model.get("notation") === "data" ? "data" : "latent"));
  listen(model, signal, QUESTION_TRAITS, () => question.update());
  listenToKeys(root, { scene: () => scene, set, start: (kind) => startOf(model, kind), asking: question.asking, help }, signal);
  listen(model, signal, ["presenting"], () => header.update());
  show();
  question.update();
}

/** Reads the meter along with the picture where that is quick, else when the hand has come to rest. */
function meterTimer(read: () => void): () => void {
  let cost = 0;
  let timer: ReturnType<typeof setTimeout> | undefined;
  const timed = () => {
    const start = performance.now();
    read();
    cost = performance.now() - start;
  };
  const quick = throttle(timed, 150);
  return () => {
    if (cost < QUICK) return quick();
    clearTimeout(timer);
    timer = setTimeout(timed, 180);
  };
}

function calm(): boolean {
  return matchMedia("(prefers-reduced-motion: reduce)").matches;
}
