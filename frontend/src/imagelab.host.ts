/** ImageLab and its host in one script, for pages without a kernel. */

import { mountAll } from "./shared/host";
import imagelab from "./imagelab";

mountAll("imagelab", imagelab);
