/** What can be taken hold of in the picture: handles and the probe, by pointer and by keyboard. */

import { h, put } from "../shared/dom";
import { plain } from "../shared/numbers";
import type { Say } from "../shared/strings";
import type { Scene } from "./scene";

export interface Grip {
  name: string;
  label: string;
  u: number;
  v: number;
}

export interface Grips {
  el: HTMLElement;
  update(grips: Grip[], scene: Scene): void;
  /** The one that is held, or has the keyboard. */
  active(): string | null;
}

const ARROWS: Record<string, [number, number]> = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, 1], ArrowDown: [0, -1] };
/** Share of the window that an arrow key moves; with Shift a fine one. */
const STRIDE = 1 / 60;
const FINE = 1 / 300;

export interface Held {
  /** Draws what keys have changed since the last picture: the next key starts from there. */
  settle(): void;
  /** The grip is taken to (u, v); `last`: let go there. */
  move(name: string, u: number, v: number, last: boolean): void;
  hold(name: string | null): void;
}

export function createGrips(t: Say, { settle, move, hold }: Held): Grips {
  const el = h("div", { class: "flowviz-grips", "data-locks": true });
  let scene: Scene | null = null;
  let active: string | null = null;
  let shown: { grip: Grip; el: HTMLElement }[] = [];

  function create(name: string): HTMLElement {
    const one = h("div", { class: "flowviz-grip", role: "slider", tabindex: 0, "data-grip": name });
    let pointer = -1;
    const to = (event: PointerEvent, last: boolean) => {
      const box = el.getBoundingClientRect();
      const scale = box.width / scene!.layout.width;
      const [x, y] = [(event.clientX - box.left) / scale, (event.clientY - box.top) / scale];
      move(name, scene!.view.u(x), scene!.view.v(y), last);
    };
    one.addEventListener("pointerdown", (event) => {
      if (event.button !== 0) return;
      event.stopPropagation();
      one.setPointerCapture((pointer = event.pointerId));
      one.focus({ preventScroll: true });
      hold(name);
    });
    one.addEventListener("pointermove", (event) => event.pointerId === pointer && to(event, false));
    for (const end of ["pointerup", "pointercancel"] as const) {
      one.addEventListener(end, (event) => {
        if (event.pointerId !== pointer) return;
        pointer = -1;
        hold(null);
        to(event, true);
      });
    }
    one.addEventListener("focus", () => hold((active = name)));
    one.addEventListener("blur", () => {
      active = null;
      hold(null);
    });
    one.addEventListener("keydown", (event) => {
      const arrow = ARROWS[event.key];
      if (arrow) settle();
      const grip = shown.find((other) => other.grip.name === name)?.grip;
      if (!arrow || !grip || event.ctrlKey || event.metaKey || event.altKey) return;
      event.preventDefault();
      event.stopPropagation();
      const stride = event.shiftKey ? FINE : STRIDE;
      const { from, to } = scene!.view;
      move(name, grip.u + arrow[0] * stride * (from[1] - from[0]), grip.v + arrow[1] * stride * (to[1] - to[0]), true);
    });
    return one;
  }

  function build(grips: Grip[]): void {
    const kept = new Map(shown.map((one) => [one.grip.name, one.el]));
    shown = grips.map((grip) => ({ grip, el: kept.get(grip.name) ?? create(grip.name) }));
    el.replaceChildren(...shown.map((one) => one.el));
  }

  return {
    el,
    active: () => active,
    update(grips, next) {
      scene = next;
      if (grips.length !== shown.length || grips.some(({ name }, i) => name !== shown[i]!.grip.name)) build(grips);
      grips.forEach((grip, i) => {
        const one = shown[i]!;
        one.grip = grip;
        const [x, y] = [next.view.x(grip.u), next.view.y(grip.v)];
        const { width, height } = next.layout;
        one.el.hidden = !(x >= -9 && x <= width + 9 && y >= -9 && y <= height);
        one.el.style.transform = `translate(${x.toFixed(1)}px, ${y.toFixed(1)}px)`;
        put(one.el, "aria-label", grip.label);
        put(one.el, "aria-valuenow", grip.v.toFixed(3));
        put(one.el, "aria-valuetext", t("grip at", { u: plain(grip.u), v: plain(grip.v) }));
      });
    },
  };
}
