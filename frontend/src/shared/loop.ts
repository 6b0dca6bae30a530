/** Frames while they are wanted: none when nothing changed, out of view, or over. */

export interface Loop {
  /** Asks for one frame. */
  wake(): void;
  visible(): boolean;
}

/** Calls `frame(now)` in the next animation frame after `wake`; a frame that returns true goes on. */
export function createLoop(
  el: HTMLElement,
  frame: (now: number) => boolean,
  changed: (visible: boolean) => void,
  signal: AbortSignal,
): Loop {
  let request = 0;
  let seen = true;
  let last = true;

  const run = (now: number) => {
    request = 0;
    if (frame(now)) wake();
  };
  const visible = () => seen && !document.hidden;
  function wake(): void {
    if (request === 0 && !signal.aborted && visible()) request = requestAnimationFrame(run);
  }
  function look(): void {
    if (visible() === last) return;
    last = visible();
    changed(last);
    wake();
  }

  const observer = new IntersectionObserver((entries) => {
    seen = entries[entries.length - 1]!.isIntersecting;
    look();
  });
  observer.observe(el);
  document.addEventListener("visibilitychange", look, { signal });
  signal.addEventListener("abort", () => {
    observer.disconnect();
    cancelAnimationFrame(request);
  });
  return { wake, visible };
}
