/** Colours of the picture: the theme's, and six that colour-blind eyes tell apart (Okabe and Ito). */

import { TOKENS, type Palette } from "../shared/theme";

const BAR = ["0, 114, 178", "86, 180, 233", "0, 158, 115", "230, 159, 0", "213, 94, 0", "204, 121, 167"];

export interface Ink {
  paper: string;
  ink: string;
  mute: string;
  line: string;
  soft: string;
  /** Curves: the base's, and the one on the left. */
  base: string;
  data: string;
  volume: string;
  probe: string;
  wrong: string;
  bar(k: number): string;
  guide(k: number): string;
}

export function inkOf(palette: Palette): Ink {
  const tokens = TOKENS[palette.theme];
  const dark = palette.theme === "dark";
  return {
    paper: palette.paper,
    ink: palette.ink,
    mute: palette.mute,
    line: palette.line,
    soft: tokens.soft,
    base: tokens.base,
    data: tokens.accent,
    volume: tokens.volume,
    probe: tokens.particle,
    wrong: dark ? "#ff8a7a" : "#c0331f",
    bar: (k) => `rgba(${BAR[k % BAR.length]}, ${dark ? 0.5 : 0.38})`,
    guide: (k) => `rgba(${BAR[k % BAR.length]}, ${dark ? 0.75 : 0.55})`,
  };
}
