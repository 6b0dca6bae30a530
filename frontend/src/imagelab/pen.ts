/** Drawing by pointer, finger and keyboard: strokes on the sheet. */

type Point = [number, number];

export interface PenHooks {
  wants(): boolean;
  /** CSS pixels of the canvas -> (column, row) on the sheet; null beside it. */
  place(x: number, y: number): Point | null;
  /** Rows and columns of the sheet. */
  size: [number, number];
  stroke(from: Point, to: Point): void;
  done(): void;
  redraw(): void;
}

export interface Pen {
  /** [row, column] of the pen, once a key has called it. */
  cursor(): [number, number] | null;
  /** A key on the canvas; true where it was meant for the pen. */
  key(event: KeyboardEvent): boolean;
}

const ARROWS: Record<string, Point> = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] };

export function createPen(canvas: HTMLCanvasElement, hooks: PenHooks, signal: AbortSignal): Pen {
  const { wants, place, size, stroke, done, redraw } = hooks;
  let held = -1;
  let before: Point | null = null;
  let cursor: Point | null = null;
  let down = false;

  const at = (event: PointerEvent): Point | null => {
    const box = canvas.getBoundingClientRect();
    return place(event.clientX - box.left, event.clientY - box.top);
  };

  canvas.addEventListener("pointerdown", (event) => {
    const point = at(event);
    if (!wants() || event.button !== 0 || !point) return;
    event.preventDefault();
    canvas.setPointerCapture((held = event.pointerId));
    canvas.focus({ preventScroll: true });
    cursor = null;
    stroke((before = point), point);
  }, { signal });
  canvas.addEventListener("pointermove", (event) => {
    if (event.pointerId !== held) return;
    for (const one of [...(event.getCoalescedEvents?.() ?? []), event]) {
      const point = at(one);
      if (point) stroke(before ?? point, point);
      before = point;
    }
  }, { signal });
  for (const end of ["pointerup", "pointercancel"] as const) {
    canvas.addEventListener(end, (event) => {
      if (event.pointerId !== held) return;
      held = -1;
      before = null;
      done();
    }, { signal });
  }
  canvas.addEventListener("blur", () => {
    if (!cursor) return;
    cursor = null;
    down = false;
    redraw();
  }, { signal });

  return {
    cursor: () => cursor && [Math.floor(cursor[1]), Math.floor(cursor[0])],
    key({ key, shiftKey }) {
      if (!wants()) return false;
      const arrow = ARROWS[key];
      if (arrow) {
        const from: Point = cursor ?? [size[1] / 2 - 0.5, size[0] / 2 - 0.5];
        cursor = [within(from[0] + arrow[0], size[1]), within(from[1] + arrow[1], size[0])];
        if (down || shiftKey) {
          stroke(from, cursor);
          done();
        } else redraw();
        return true;
      }
      if (key !== " " && key !== "Enter") return false;
      cursor ??= [size[1] / 2 - 0.5, size[0] / 2 - 0.5];
      down = !down;
      if (down) {
        stroke(cursor, cursor);
        done();
      } else redraw();
      return true;
    },
  };
}

/** The middle of a pixel of the sheet. */
function within(value: number, count: number): number {
  return Math.min(count - 0.5, Math.max(0.5, Math.floor(value) + 0.5));
}
