/** ChangeOfVariables: a density, a monotone map, the density it becomes, and every term of the formula. */

import type { RenderProps } from "./shared/afm";
import { renderWidget } from "./shared/widget";
import { mountVariables } from "./variables/mount";
import css from "./variables/variables.css";

function render(props: RenderProps): () => void {
  return renderWidget({ name: "variables", css, mount: mountVariables }, props);
}

export default { render };
