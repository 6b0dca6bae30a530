/** Handles on the latent side: points of the carried grid that can be pulled, and what each one moves. */

import type { Kind, Map as LayerMap, Params } from "./maths/kind";
import { follow } from "./solve";

export interface Grip {
  /** A point of the data side whose image is held. */
  anchor: readonly [number, number];
  /** Names of the handles that follow. */
  moves: readonly string[];
}

/** "x y name name; ...": anchors and the handles that follow them. */
const GRIPS: Record<string, string> = {
  affine: "0 0 t1 t2; 1.5 1.5 s1 s2",
  actnorm: "0 0 m1 m2; 1.5 1.5 s1 s2",
  shear: "0 1.6 upper; 1.6 0 lower",
  rotation: "1.9 0 angle",
  cayley: "1.9 0 tangent",
  householder: "1.9 0 v1 v2",
  lu: "0 0 b1 b2; 1.6 0 d1 lower; 0 1.6 upper d2",
  leakyrelu: "-2 -2 slope",
  flowified22: "0 0 b1 b2; 1.6 0 turn2 w1; 0 1.6 turn1 w2",
  flowified21: "0 0 turn1 w",
  planar: "0 0 u1 u2; 1.2 -1.2 w1 w2",
  radial: "0 0 c1 c2; 1.2 1.2 b alpha",
  sylvester: "1 1 a1 a2; -1 1 r12 s12; 0 -1.4 b1 b2",
  autoregressive: "0 0 t1; 1.6 0 s1",
  ode: "1.2 1.2 strength",
};

export function gripsOf(kind: Kind): Grip[] {
  return (GRIPS[kind.name] ?? "").split("; ").filter(Boolean).map((text) => {
    const [x, y, ...moves] = text.split(" ");
    return { anchor: [Number(x), Number(y)], moves };
  });
}

export function gripAt(map: LayerMap, grip: Grip): [number, number] {
  const [x, y] = map.forward(Float64Array.from(grip.anchor), 1).out as unknown as [number, number];
  return [x, y];
}

/** The parameters that carry the grip's anchor to the target, or as near as they reach. */
export function pull(kind: Kind, params: Params, grip: Grip, target: readonly [number, number]): Params {
  const handles = kind.handles.filter((handle) => grip.moves.includes(handle.name));
  return follow(params, handles, (one) => gripAt(kind.prepare(one), grip), target);
}
