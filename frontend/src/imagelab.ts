/** ImageLab: an image flow under your fingers: draws, walks, latents, layers, and what images cost. */

import type { RenderProps } from "./shared/afm";
import { renderWidget } from "./shared/widget";
import { mountImageLab } from "./imagelab/mount";
import { prepareLab, type Lab } from "./imagelab/record";
import css from "./imagelab/imagelab.css";

function render(props: RenderProps): () => void {
  const traits = ["meta", "payload"];
  return renderWidget<Lab>({ name: "imagelab", css, traits, prepare: prepareLab, mount: mountImageLab }, props);
}

export default { render };
