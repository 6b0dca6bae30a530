/** The way from the data side to the latent side: play and scrub. */

import { iconButton, setIcon } from "../shared/controls";
import { h, put } from "../shared/dom";
import { plain } from "../shared/numbers";
import type { Say } from "../shared/strings";
import type { State } from "./state";

/** Seconds from side to side. */
const SECONDS = 2.4;

export interface Way {
  el: HTMLElement;
  show(state: State): void;
}

export function createWay(t: Say, set: (changes: Record<string, unknown>, last: boolean) => void): Way {
  const play = iconButton("play", t("play"), () => set(pressed(shown!), true), "play");
  const input = h("input", { type: "range", min: 0, max: 1, step: 0.01, "aria-label": t("way") });
  const end = (text: string, tau: number) => {
    const button = h("button", { type: "button", class: "flowviz-end" }, text);
    button.addEventListener("click", () => set({ tau, playing: false }, true));
    return button;
  };
  for (const event of ["input", "change"]) {
    input.addEventListener(event, () => set({ tau: Number(input.value), playing: false }, event === "change"));
  }
  const el = h("div", { class: "flowviz-way", "data-control": "way" }, play, end(t("end.data"), 0), input, end(t("end.latent"), 1));
  let shown: State | null = null;
  return {
    el,
    show(state) {
      shown = state;
      input.value = String(state.tau);
      put(input, "aria-valuetext", `τ = ${plain(state.tau)}`);
      setIcon(play, state.playing ? "pause" : "play", t(state.playing ? "pause" : "play"));
    },
  };
}

function pressed({ playing, tau }: State): Record<string, unknown> {
  return { playing: !playing, ...(!playing && tau >= 1 ? { tau: 0 } : {}) };
}

/** Where play has come to after `seconds`; less motion goes in four steps. */
export function advance(tau: number, seconds: number, still: boolean): { tau: number; playing: boolean } {
  const next = still ? Math.min(1, Math.floor(4 * tau + 1 + 1e-9) / 4) : Math.min(1, tau + seconds / SECONDS);
  return { tau: next, playing: next < 1 };
}
