/** Below the picture: step, play, the strip of layers with its two ends, the speed. */

import { iconButton, layerStrip, setIcon, stepper } from "../shared/controls";
import { h } from "../shared/dom";
import type { Say } from "../shared/strings";
import type { Meta } from "../shared/trace";
import type { Action } from "./keys";
import { layerAt, type State } from "./state";
import { whereWords } from "./words";

export const SPEEDS = [0.25, 0.5, 0.75, 1, 1.5, 2, 3, 4];

export interface Transport {
  el: HTMLElement;
  strip: HTMLElement;
  update(state: State): void;
  fit(): void;
}

/** The next speed of the list, faster or slower than the present one. */
export function nextSpeed(speed: number, by: 1 | -1): number {
  const beyond = SPEEDS.filter((one) => (by > 0 ? one > speed : one < speed));
  return (by > 0 ? beyond[0] : beyond[beyond.length - 1]) ?? speed;
}

export function speedText(speed: number): string {
  return `${speed.toFixed(Number.isInteger(speed * 10) ? 1 : 2)}×`;
}

export function createTransport(
  meta: Meta,
  t: Say,
  act: (action: Action) => void,
  scrub: (position: number, last: boolean) => void,
): Transport {
  const strip = layerStrip(
    meta.layers.map((layer) => ({ ...layer, title: t(layer.title) })),
    t("strip"),
    scrub,
  );
  const play = iconButton("play", t("play"), () => act({ do: "play" }), "play");
  const speed = stepper({ less: t("slower"), more: t("faster"), of: t("speed") }, (by) => act({ do: "speed", by }));
  const end = (to: "data" | "latent") => {
    const button = h("button", { type: "button", class: "flowviz-end", title: t(`to side ${to}`) }, t(to));
    button.addEventListener("click", () => act({ do: "go", to }));
    return button;
  };
  const [data, latent] = [end("data"), end("latent")];
  const el = h(
    "footer",
    { class: "flowviz-transport", "data-locks": true, "data-control": "transport" },
    h(
      "div",
      { class: "flowviz-buttons" },
      iconButton("previous", t("previous"), () => act({ do: "step", by: -1 })),
      play,
      iconButton("next", t("next"), () => act({ do: "step", by: 1 })),
    ),
    h("div.track", {}, data, strip.el, latent),
    speed.el,
  );
  return {
    el,
    strip: strip.el,
    fit: () => strip.fit(),
    update(state) {
      const { position, direction } = state;
      const current = layerAt(position, meta.layers.length, direction);
      strip.set(position, direction === "normalize", current, whereWords(t, meta, position, direction));
      data.classList.toggle("flowviz-current", current < 0);
      latent.classList.toggle("flowviz-current", current >= meta.layers.length);
      setIcon(play, state.playing ? "pause" : "play", t(state.playing ? "pause" : "play"));
      speed.set(speedText(state.speed));
    },
  };
}
