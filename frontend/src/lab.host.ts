/** LayerLab and its host in one script, for pages without a kernel. */

import lab from "./lab";
import { mountAll } from "./shared/host";

mountAll("lab", lab);
