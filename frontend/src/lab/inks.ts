/** Colours of the lab's canvas, by theme. */

import { TOKENS, type ThemeName } from "../shared/theme";

/** Areas that shrink and areas that grow on the way to the latent side. */
const AREAS = {
  light: { contract: "#2166ac", expand: "#b35806" },
  dark: { contract: "#7cb5ec", expand: "#f2a15f" },
};

export function inks(theme: ThemeName) {
  return { ...TOKENS[theme], ...AREAS[theme] };
}
