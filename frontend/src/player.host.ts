/** The TransportPlayer and its host in one script, for pages without a kernel. */

import player from "./player";
import { mountAll } from "./shared/host";

mountAll("player", player);
