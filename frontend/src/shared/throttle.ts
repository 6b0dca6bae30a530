/** At most one call in `wait` milliseconds; the last request is always served. */

export interface Throttle {
  (): void;
  /** Serves a waiting request now. */
  flush(): void;
}

export function throttle(run: () => void, wait: number): Throttle {
  let last = -Infinity;
  let timer: ReturnType<typeof setTimeout> | null = null;
  const serve = () => {
    if (timer !== null) clearTimeout(timer);
    timer = null;
    last = performance.now();
    run();
  };
  const request = () => {
    if (timer !== null) return;
    const left = last + wait - performance.now();
    if (left <= 0) serve();
    else timer = setTimeout(serve, left);
  };
  return Object.assign(request, {
    flush() {
      if (timer !== null) serve();
    },
  });
}
