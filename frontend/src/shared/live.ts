/** Says what has changed to screen readers, at most every 700 ms. */

import { h, putText } from "./dom";
import { throttle } from "./throttle";

export interface Live {
  el: HTMLElement;
  say(words: string): void;
}

export function createLive(): Live {
  const el = h("div.live", { role: "status", "aria-live": "polite" });
  let latest = "";
  const speak = throttle(() => putText(el, latest), 700);
  return {
    el,
    say(words) {
      if (words === latest) return;
      latest = words;
      speak();
    },
  };
}
