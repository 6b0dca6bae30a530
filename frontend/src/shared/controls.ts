/** Controls that every widget draws by itself: buttons, switches, the strip of layers. */

import { h, icon, put, putText, type IconName } from "./dom";

export function iconButton(name: IconName, label: string, run: () => void, kind = "round"): HTMLButtonElement {
  const button = h("button", { type: "button", class: `flowviz-${kind}`, title: label, "aria-label": label });
  button.append(icon(name));
  button.addEventListener("click", run);
  return button;
}

export function setIcon(button: HTMLButtonElement, name: IconName, label: string): void {
  if (button.dataset["icon"] === name) return;
  button.dataset["icon"] = name;
  button.replaceChildren(icon(name));
  put(button, "aria-label", label);
  put(button, "title", label);
}

export interface Toggle {
  el: HTMLButtonElement;
  set(pressed: boolean): void;
}

export function toggle(text: string, title: string, run: () => void): Toggle {
  const el = h("button", { type: "button", class: "flowviz-toggle", title, "aria-pressed": "false" }, text);
  el.addEventListener("click", run);
  return { el, set: (pressed) => put(el, "aria-pressed", String(pressed)) };
}

/** A few choices, one of them pressed. */
export function segments<T extends string>(
  label: string,
  choices: { value: T; text: string; title: string }[],
  choose: (value: T) => void,
): { el: HTMLElement; set(value: T): void } {
  const el = h("div.segments", { role: "group", "aria-label": label });
  const buttons = choices.map(({ value, text, title }) => {
    const one = toggle(text, title, () => choose(value));
    put(one.el, "aria-label", `${text}, ${title}`);
    el.append(one.el);
    return { value, one };
  });
  return { el, set: (chosen) => buttons.forEach(({ value, one }) => one.set(value === chosen)) };
}

export interface Strip {
  el: HTMLElement;
  /** Where the playhead is, and on which side of it the layers are done. */
  set(position: number, doneBefore: boolean, current: number, words: string): void;
  /** Called when the room has changed. */
  fit(): void;
}

const GAP = 4;
/** Pixels around a border at which the playhead snaps to it. */
const SNAP = 4;

/** One slider over all layers, 0 at the data and L at the latent. */
export function layerStrip(
  layers: { title: string; cut: boolean }[],
  label: string,
  scrub: (position: number, last: boolean) => void,
): Strip {
  const cells = layers.map(({ title, cut }, l) =>
    h(
      "span",
      { class: cut ? "flowviz-layer flowviz-cut" : "flowviz-layer", title: `${l + 1} ${title}` },
      h("b", {}, String(l + 1)),
      h("span", {}, title),
    ),
  );
  const head = h("span.playhead");
  const el = h("div", {
    class: "flowviz-strip",
    role: "slider",
    tabindex: 0,
    "aria-label": label,
    "aria-valuemin": 0,
    "aria-valuemax": layers.length,
    "aria-orientation": "horizontal",
  });
  el.append(...cells, head);
  let width = 1;

  const cellWidth = () => (width + GAP) / Math.max(1, layers.length);
  const toPixel = (position: number) => {
    const l = Math.min(Math.floor(position), layers.length - 1);
    return l * cellWidth() + (position - l) * (cellWidth() - GAP);
  };

  listenToPointer(el, (x, last) => scrub(positionAt(x, cellWidth(), layers.length), last));
  return {
    el,
    fit() {
      width = el.clientWidth;
      const room = cellWidth() - GAP;
      el.classList.toggle("flowviz-numbers", room < 104);
      el.classList.toggle("flowviz-bare", room < 17);
    },
    set(position, doneBefore, current, words) {
      cells.forEach((cell, l) => {
        const before = Math.min(1, Math.max(0, position - l));
        const [from, to] = doneBefore ? [0, before] : [before, 1];
        putStyle(cell, "--from", `${(100 * from).toFixed(2)}%`);
        putStyle(cell, "--to", `${(100 * to).toFixed(2)}%`);
        cell.classList.toggle("flowviz-current", l === current);
        cell.classList.toggle("flowviz-done", from < to);
      });
      head.style.transform = `translateX(${toPixel(position).toFixed(2)}px)`;
      put(el, "aria-valuenow", String(Math.round(position * 100) / 100));
      put(el, "aria-valuetext", words);
    },
  };
}

function putStyle(el: HTMLElement, name: string, value: string): void {
  if (el.style.getPropertyValue(name) !== value) el.style.setProperty(name, value);
}

/** The position under a pixel; near a border, the border. */
export function positionAt(x: number, cell: number, layers: number): number {
  const border = Math.round((x + GAP / 2) / cell);
  if (Math.abs(x + GAP / 2 - border * cell) <= SNAP) return Math.min(layers, Math.max(0, border));
  const l = Math.min(layers - 1, Math.max(0, Math.floor(x / cell)));
  return l + Math.min(1, Math.max(0, (x - l * cell) / (cell - GAP)));
}

function listenToPointer(el: HTMLElement, moved: (x: number, last: boolean) => void): void {
  const x = (event: PointerEvent) => event.clientX - el.getBoundingClientRect().left;
  let held = -1;
  el.addEventListener("pointerdown", (event) => {
    if (event.button !== 0) return;
    held = event.pointerId;
    el.setPointerCapture(held);
    moved(x(event), false);
  });
  el.addEventListener("pointermove", (event) => {
    if (event.pointerId === held) moved(x(event), false);
  });
  for (const end of ["pointerup", "pointercancel"] as const) {
    el.addEventListener(end, (event) => {
      if (event.pointerId !== held) return;
      held = -1;
      moved(x(event), true);
    });
  }
}

/** Less, a number, more. */
export function stepper(
  labels: { less: string; more: string; of: string },
  step: (by: 1 | -1) => void,
): { el: HTMLElement; set(text: string): void } {
  const value = h("span.value");
  const el = h(
    "div",
    { class: "flowviz-stepper", role: "group", "aria-label": labels.of },
    iconButton("minus", labels.less, () => step(-1), "small"),
    value,
    iconButton("plus", labels.more, () => step(1), "small"),
  );
  return { el, set: (text) => putText(value, text) };
}

/** Saves what a canvas shows as a PNG. */
export function downloadCanvas(canvas: HTMLCanvasElement, name: string): void {
  canvas.toBlob((blob) => blob && download(blob, name));
}

export function download(blob: Blob, name: string): void {
  const link = h("a", { href: URL.createObjectURL(blob), download: name });
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 10_000);
}

/** Whether a download can work: sandboxed frames without leave to download swallow it. */
export function canDownload(): boolean {
  if (!("download" in HTMLAnchorElement.prototype)) return false;
  try {
    const sandbox = (window.frameElement as HTMLIFrameElement | null)?.sandbox;
    return !sandbox || sandbox.length === 0 || sandbox.contains("allow-downloads");
  } catch {
    return true;
  }
}
