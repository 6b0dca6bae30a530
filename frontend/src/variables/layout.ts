/** Where things stand on the canvas, in CSS pixels: the map, the data side left of it, the base below. */

export interface Box {
  left: number;
  top: number;
  width: number;
  height: number;
}

export interface Layout {
  width: number;
  height: number;
  map: Box;
  /** Room for p(x): grows from the right edge to the left. */
  data: Box;
  /** Room for p(z): grows upward. */
  base: Box;
}

const [TOP, GAP, TICKS] = [12, 10, 24];

/** The width of the layout that is `height` high. */
export function widthFor(height: number): number {
  return ((height - TOP - GAP - 8 - TICKS) / 1.32 + GAP + 8) / 0.72;
}

/** The layout of a canvas that is `width` wide. */
export function layoutFor(width: number): Layout {
  const data = Math.round(width * 0.28);
  const side = width - data - GAP - 8;
  const low = Math.round(side * 0.32);
  const map = { left: data + GAP, top: TOP, width: side, height: side };
  const base = { left: map.left, top: TOP + side + GAP + 8, width: side, height: low };
  return {
    width,
    height: base.top + low + TICKS,
    map,
    data: { left: 0, top: TOP, width: data, height: side },
    base,
  };
}
