/** Answers given in the picture: a click or a crosshair for points, strokes or corners for sketches. */

export type Point = [number, number];

export interface Aim {
  /** Canvas pixels -> the plane. */
  locate(x: number, y: number): Point;
  /** What the open question wants of the picture; null: nothing. */
  wants(): "point" | "sketch" | null;
  /** The crosshair, or the sketch so far. */
  draft(value: Point | Point[] | null): void;
  give(value: Point): void;
}

/** CSS pixels of one arrow key; with Shift a fine one. */
const STRIDE = 12;
const FINE = 2;
const ARROWS: Record<string, Point> = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] };

export interface Aiming {
  /** The crosshair in CSS pixels, once a key has called it. */
  cross(): Point | null;
  /** A key on the canvas; true where it was meant for this. */
  key(event: KeyboardEvent): boolean;
  /** A new question: no crosshair, no sketch. */
  clear(): void;
}

export function aimOn(canvas: HTMLCanvasElement, { locate, wants, draft, give }: Aim, signal: AbortSignal): Aiming {
  let cross: Point | null = null;
  let corners: Point[] = [];
  let held = -1;
  const at = (event: PointerEvent | MouseEvent): Point => {
    const box = canvas.getBoundingClientRect();
    return locate(event.clientX - box.left, event.clientY - box.top);
  };
  const add = (point: Point) => draft((corners = [...corners, point]));

  canvas.addEventListener("click", (event) => {
    if (wants() !== "point") return;
    event.preventDefault();
    give(at(event));
  }, { signal });
  canvas.addEventListener(
    "pointerdown",
    (event) => {
      if (wants() !== "sketch" || event.button !== 0) return;
      event.preventDefault();
      canvas.setPointerCapture((held = event.pointerId));
      corners = [];
      add(at(event));
    },
    { signal },
  );
  canvas.addEventListener("pointermove", (event) => held === event.pointerId && wants() && add(at(event)), { signal });
  for (const end of ["pointerup", "pointercancel"] as const) {
    canvas.addEventListener(end, () => (held = -1), { signal });
  }

  function press(): void {
    const point = cross ? locate(...cross) : null;
    if (!point) return;
    if (wants() === "point") give(point);
    else add(point);
  }

  return {
    cross: () => (wants() ? cross : null),
    clear() {
      cross = null;
      corners = [];
    },
    key({ key, shiftKey }) {
      if (!wants()) return false;
      const size = canvas.clientWidth;
      const arrow = ARROWS[key];
      if (arrow) {
        const stride = shiftKey ? FINE : STRIDE;
        const from: Point = cross ?? [size / 2, canvas.clientHeight / 2];
        cross = [from[0] + stride * arrow[0], from[1] + stride * arrow[1]].map((v, i) =>
          Math.min(i ? canvas.clientHeight : size, Math.max(0, v)),
        ) as Point;
        draft(wants() === "sketch" ? corners : locate(...cross));
        return true;
      }
      if (key === "Enter" || key === " ") press();
      else if (key === "Backspace" && wants() === "sketch") draft((corners = corners.slice(0, -1)));
      else return false;
      return true;
    },
  };
}
