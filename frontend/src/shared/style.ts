/** Style sheets are compressed in the modules; this unpacks them. */

import { inflate, payloadBytes } from "./wire";

export async function styleText(packed: string): Promise<string> {
  return new TextDecoder().decode(await inflate(payloadBytes(packed)));
}
