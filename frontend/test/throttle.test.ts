import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { throttle } from "../src/shared/throttle";

beforeEach(() => void vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout", "performance"] }));
afterEach(() => void vi.useRealTimers());

test("at most one call in the time, and the last request is served", () => {
  const run = vi.fn();
  const request = throttle(run, 100);
  for (let ms = 0; ms < 1000; ms += 10) {
    request();
    vi.advanceTimersByTime(10);
  }
  expect(run.mock.calls.length).toBeGreaterThanOrEqual(9);
  expect(run.mock.calls.length).toBeLessThanOrEqual(11);
  request();
  const before = run.mock.calls.length;
  vi.advanceTimersByTime(200);
  expect(run.mock.calls.length).toBe(before + 1);
});

test("flush serves what waits, once, and nothing where nothing waits", () => {
  const run = vi.fn();
  const request = throttle(run, 100);
  request();
  request();
  request.flush();
  request.flush();
  vi.advanceTimersByTime(500);
  expect(run).toHaveBeenCalledTimes(2);
});
