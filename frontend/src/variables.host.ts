/** ChangeOfVariables and its host in one script, for pages without a kernel. */

import { mountAll } from "./shared/host";
import variables from "./variables";

mountAll("variables", variables);
