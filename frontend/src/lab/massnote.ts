/** What stands under the mass: what was integrated where that is not plain, and why it is not 1. */

import type { Say } from "../shared/strings";
import type { Scene } from "./scene";

/** How near to 1 the mass must read. */
const GOOD = 0.003;
/** Points at which areas must stay for a layer to count as one that keeps them, and by how much. */
const [SOME, STILL] = [200, 5e-4];

export function good(value: number): boolean {
  return Math.abs(value - 1) <= GOOD;
}

export function massNote(value: number, scene: Scene, t: Say): string {
  const mean = scene.kind.exact ? [] : ["mean"];
  return [...mean, ...reasons(value, scene)].map((reason) => t(`mass.${reason}`)).join("; ");
}

function reasons(value: number, scene: Scene): string[] {
  const { fault } = scene.state;
  const flat = (fault === "volume" || fault === "sign") && keepsAreas(scene);
  if (fault && !flat) return [good(value) ? "chance" : fault];
  return [...(flat ? ["flat"] : []), ...(good(value) ? [] : [unbroken(scene)])];
}

/** Why a layer that nobody broke may miss 1. */
function unbroken({ kind, sound }: Scene): string {
  if (!kind.exact) return "padding";
  return sound.facts["layer"] === false ? "folds" : "off";
}

function keepsAreas({ sound, points }: Scene): boolean {
  const n = Math.min(SOME, points.length / sound.dataDim);
  const { volume } = sound.forward(points.subarray(0, n * sound.dataDim), n);
  return volume!.every((v) => Math.abs(v) < STILL);
}
