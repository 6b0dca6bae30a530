/** Parts are built when they are needed, and late ones must be marked like the first. */

/** Calls `run` whenever elements have come into `root`, before any key or click can reach them. */
export function whenBuilt(root: HTMLElement, run: () => void, signal: AbortSignal): void {
  const observer = new MutationObserver((records) => {
    if (records.some(({ addedNodes }) => [...addedNodes].some((node) => node instanceof Element))) run();
  });
  observer.observe(root, { childList: true, subtree: true });
  signal.addEventListener("abort", () => observer.disconnect());
}
