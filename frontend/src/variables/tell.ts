/** Everything about a picture that is said around it: the sentence, screen readers, attributes for tests. */

import { put } from "../shared/dom";
import { plain } from "../shared/numbers";
import { announce, type Voices } from "../shared/voices";
import type { Scene } from "./scene";
import type { State } from "./state";
import { sentenceOf } from "./words";

export function tellWords({ canvas, live, say, t }: Voices, state: State, scene: Scene, veiled: boolean): void {
  const said = sentenceOf(state, scene, veiled, t);
  say.say(said);
  const { probe, mass } = scene;
  const values = { z: plain(probe.values[0]!), x: plain(probe.values.at(-1)!), logp: plain(probe.total), mass: plain(mass, 3) };
  put(canvas, "aria-label", `${t("title")}. ${veiled ? t("say veiled") : t("picture", values)}`);
  if (!veiled) live.say(t("spoken", values));
}

const numbers = (values: number[]) => values.map((value) => Number(value.toPrecision(6))).join(" ");

export function tellTests(root: HTMLElement, state: State, { probe, mass, bars, from, to, handles, view }: Scene): void {
  const told: Record<string, string> = {
    maps: state.maps.map(({ kind }) => kind).join(" "),
    view: String(state.view),
    rule: state.rule,
    base: state.base,
    probe: numbers(probe.values),
    logp: String(probe.total),
    mass: String(mass),
    below: numbers(bars[from]!.map(({ area }) => area)),
    left: numbers(bars[to]!.map(({ area }) => area)),
    window: numbers([...view.to]),
    handles: handles.map(({ name }) => name).join(" "),
  };
  announce(root, told);
}
