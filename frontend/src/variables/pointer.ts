/** The probe follows the pointer anywhere on the picture. */

import { through, type Scene } from "./scene";

export interface Pointing {
  scene(): Scene;
  scale(): number;
  /** A question is open. */
  locked(): boolean;
  /** The windows are held still, or let go. */
  hold(on: boolean): void;
  probe(u: number, last: boolean): void;
}

export function listenToPointer(canvas: HTMLCanvasElement, signal: AbortSignal, { scene, scale, locked, hold, probe }: Pointing): void {
  let pointer = -1;

  function to(event: PointerEvent, last: boolean): void {
    const box = canvas.getBoundingClientRect();
    const [x, y] = [(event.clientX - box.left) / scale(), (event.clientY - box.top) / scale()];
    const { layout: { data }, view } = scene();
    const left = x < data.left + data.width;
    probe(left ? through(scene()).back(view.v(y)) : view.u(x), last);
  }

  canvas.addEventListener(
    "pointerdown",
    (event) => {
      if (event.button !== 0 || locked()) return;
      canvas.setPointerCapture((pointer = event.pointerId));
      hold(true);
      to(event, false);
    },
    { signal },
  );
  canvas.addEventListener("pointermove", (event) => event.pointerId === pointer && to(event, false), { signal });
  for (const end of ["pointerup", "pointercancel"] as const) {
    canvas.addEventListener(
      end,
      (event) => {
        if (event.pointerId !== pointer) return;
        pointer = -1;
        hold(false);
        to(event, true);
      },
      { signal },
    );
  }
}
