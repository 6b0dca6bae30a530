/** Which stage a kind of layer is shown on, and the graphs under it. */

import { h } from "../shared/dom";
import { auxOf } from "./aux/aux";
import type { Kind } from "./maths/kind";
import { createCells } from "./stage/cells";
import { createDrop } from "./stage/drop";
import { createPad } from "./stage/pad";
import { createPlane } from "./stage/plane";
import type { Hooks, Stage } from "./stage/stage";
import { createTile } from "./stage/tile";

export function stageOf(kind: Kind, hooks: Hooks): Stage {
  const [stage, aux] = [mainOf(kind, hooks), auxOf(kind, hooks)];
  if (!aux) return stage;
  return {
    el: h("div", {}, stage.el, aux.el),
    boards: [...stage.boards, ...aux.boards],
    resize(width, _tall, ratio) {
      stage.resize(width, false, ratio);
      aux.resize(width, false, ratio);
    },
    draw(scene) {
      stage.draw(scene);
      aux.draw(scene);
    },
  };
}

function mainOf(kind: Kind, hooks: Hooks): Stage {
  if (kind.name === "dequantization") return createCells(hooks);
  switch (`${kind.dataDim}${kind.latentDim}`) {
    case "22":
      return createPlane(hooks);
    case "21":
      return createDrop(hooks);
    case "12":
      return createPad(hooks);
    default:
      return createTile(hooks);
  }
}
