/** Graphs under the picture that belong to one kind of layer. */

import type { Kind } from "../maths/kind";
import type { Hooks, Stage } from "../stage/stage";
import { createCurves, tablesOf } from "./curves";
import { createKnots } from "./knots";
import { createSteps } from "./steps";

export function auxOf(kind: Kind, hooks: Hooks): Stage | null {
  if (kind.name === "spline") return createKnots(hooks);
  if (kind.name === "residual") return createSteps(hooks);
  return tablesOf(kind).length ? createCurves(kind, hooks) : null;
}
