/** LayerLab: one layer under your fingers. */

import type { Model, RenderProps } from "./shared/afm";
import css from "./lab/lab.css";
import { mountLab, prepareLab, type Heavy } from "./lab/mount";
import { renderWidget } from "./shared/widget";

function render(props: RenderProps): () => void {
  return renderWidget<Heavy>({ name: "lab", css, traits: ["points"], prepare: prepareLab, mount: mountLab }, props);
}

export type { Model };
export default { render };
