/** Everything about a picture that is said around it: the sentence, screen readers, attributes for tests. */

import { put } from "../shared/dom";
import { plain } from "../shared/numbers";
import { announce, type Voices } from "../shared/voices";
import type { Kernel } from "./kernel";
import type { Lab } from "./record";
import type { State } from "./state";
import { costOf, sentenceOf } from "./words";

export function tell({ root, canvas, live, say, t }: Voices, state: State, lab: Lab, kernel: Kernel, veiled: boolean): void {
  const said = sentenceOf(state, lab, kernel, veiled, t);
  const words = said.map(({ text }) => text).join("");
  say.say(said);
  const { bits } = costOf(state, lab, kernel, t);
  const figure = veiled || bits === null || state.view === "sample" ? "" : ` ${plain(bits)} bits/dim.`;
  put(canvas, "aria-label", `${t(`view ${state.view} title`)}. ${t(`how ${state.view}`)}`);
  live.say(words + figure);
  const told: Record<string, string> = {
    view: state.view,
    chosen: String(state.chosen),
    other: String(state.other),
    temperature: String(lab.meta.temperatures[state.temperature]),
    along: String(state.along),
    mode: lab.meta.modes[state.mode]!,
    latent: String(state.latent),
    shift: String(lab.meta.shifts[state.shift]),
    depth: String(lab.meta.depths[state.depth]!.layer),
    pixel: state.pixel?.join(" ") ?? "",
    bits: veiled ? "" : String(bits ?? ""),
    fresh: String(state.view !== "draw" || kernel.scored()?.drawing === state.drawing),
  };
  announce(root, told);
}
