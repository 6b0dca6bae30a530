/** What lies at a place of the stage, in pixels of the scene. */

import type { Point } from "../shared/aim";
import type { Scene, Tile } from "./scene";
import type { View } from "./state";

type Shape = [number, number, number];

/** (column, row) on a tile, in pixels of the image; null beside it. */
export function placeOn(tile: Tile | null | undefined, [, rows, columns]: Shape, [x, y]: Point): Point | null {
  if (!tile) return null;
  const [u, v] = [(x - tile.x) / tile.width, (y - tile.y) / tile.height];
  return u >= 0 && v >= 0 && u < 1 && v < 1 ? [u * columns, v * rows] : null;
}

export interface Hand {
  view: View;
  shape: Shape;
  /** A press, not only a pointer that passes. */
  pressed: boolean;
  /** Whether a latent can be moved. */
  open(latent: number): boolean;
}

/** What a place sets: a small picture its step, an image its pixel, a code its number. */
export function picked(scene: Scene, at: Point, { view, shape, pressed, open }: Hand): Record<string, unknown> | null {
  for (const tile of scene.tiles) {
    const place = placeOn(tile, shape, at);
    if (place && tile.pick && pressed) return tile.pick;
    if (place && tile.pixel && view === "bits") return { pixel: [Math.floor(place[1]), Math.floor(place[0])] };
  }
  const latent = pressed && scene.codes ? latentAt(scene.codes, at) : -1;
  return latent >= 0 && open(latent) ? { latent } : null;
}

function latentAt({ mosaic, ...box }: NonNullable<Scene["codes"]>, [x, y]: Point): number {
  const [u, v] = [(x - box.x) / box.width, (y - box.y) / box.height];
  return mosaic.at(Math.floor(v * mosaic.rows), Math.floor(u * mosaic.columns));
}
