/** The truth of a question, by the live picture. */

import type { Question } from "../shared/judge";
import { areaOf, cellAt, cellOutline } from "./figure";
import type { Scene } from "./scene";

/** "factor" asks for the area factor of the cell around the probe, "point" where the probe lands. */
export function truthOf({ kind, of }: Question, scene: Scene): unknown {
  const volume = scene.account.volume?.[0] ?? 0;
  if (kind === "factor") return scene.kind.name === "dequantization" ? null : (factorOf(scene) ?? Math.exp(volume));
  if (kind === "point") return [...(of === "data" ? scene.x : scene.z)];
  if (kind === "sign") return of === "total" ? scene.account.total[0] : Math.abs(volume) < 1e-9 ? 0 : volume;
  if (kind === "number") return of === "volume" ? volume : scene.account.total[0];
  return null;
}

function factorOf({ x, sound, kind }: Scene): number | null {
  const cell = kind.dataDim === 2 && kind.latentDim === 2 ? cellAt(x) : null;
  if (!cell) return null;
  const outline = cellOutline(cell);
  return areaOf(sound.path(outline, outline.length / 2, 1)) / areaOf(outline);
}
