/** TransportPlayer: watch a flow carry a density, layer by layer, with its likelihood ledger. */

import type { Model, RenderProps } from "./shared/afm";
import css from "./player/player.css";
import { mountPlayer } from "./player/mount";
import { renderShell } from "./shared/shell";

function render(props: RenderProps): () => void {
  return renderShell({ name: "player", css, mount: mountPlayer }, props);
}

export type { Model };
export default { render };
