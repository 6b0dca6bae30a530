/** Which stage a kind of layer is shown on. */

import type { Kind } from "./maths/kind";
import { createPlane } from "./stage/plane";
import type { Hooks, Stage } from "./stage/stage";

export function stageOf(kind: Kind, hooks: Hooks): Stage {
  if (kind.dataDim === 2 && kind.latentDim === 2) return createPlane(hooks);
  throw new Error(`no stage for a layer from ${kind.dataDim} to ${kind.latentDim} dimensions`);
}
