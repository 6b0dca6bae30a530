/** How the player fills its room. */

export interface Layout {
  /** The side of the square picture, CSS pixels. */
  side: number;
  /** The ledger goes under the picture. */
  narrow: boolean;
  /** The table drops its bars, and columns that no layer has. */
  tight: boolean;
  /** The table's bars are short. */
  snug: boolean;
}

const NARROW = 760;
export const MOST_SIDE = 528;
const LEAST_SIDE = 200;
/** Least width of the ledger beside the picture. */
const LEDGER = 420;
/** Padding and borders around the picture. */
const AROUND = 31;

/** Header, strip, and the bar of a lecture's steps, when presenting. */
const BARS = 226;

/** `height`: of the screen, when presenting. */
export function layoutFor(width: number, height: number | null = null): Layout {
  const narrow = width < NARROW;
  const room = narrow ? width : Math.min(width / 2, width - LEDGER);
  return {
    side: Math.max(LEAST_SIDE, Math.min(height === null ? MOST_SIDE : height - BARS, Math.round(room - AROUND))),
    narrow,
    tight: width < 480 || (!narrow && width < (height === null ? 960 : 1400)),
    snug: width < 1100,
  };
}
