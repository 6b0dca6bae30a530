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
function widthFor(height: number): number {
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

export const MOST_STAGE = 610;
const NARROW = 760;
/** In front of a class the picture is drawn this much larger. */
const LARGE = 1.25;
/** Above and below the picture, and two pixels that rounding may take. */
const AROUND = 30;

export interface Room {
  layout: Layout;
  /** CSS pixels of the canvas for one of the layout. */
  scale: number;
  /** Of the root: the side goes under the picture; little room for words. */
  classes: { narrow: boolean; snug: boolean; tight: boolean };
}

/** How a widget of this width is laid out; in front of a class it fills `height`, what its bars leave. */
export function roomFor(width: number, height: number, presenting: boolean): Room {
  const narrow = width < NARROW;
  const scale = presenting && !narrow ? LARGE : 1;
  const most = presenting && !narrow ? widthFor((height - AROUND) / scale) : MOST_STAGE;
  const wide = (narrow ? width - 24 : Math.round(width * 0.56) - 20) / scale;
  const layout = layoutFor(Math.max(240, Math.min(most, wide)));
  return { layout, scale, classes: { narrow, snug: width < 960, tight: width < 520 } };
}
