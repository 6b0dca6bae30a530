import { expect, test, vi } from "vitest";
import { localModel } from "../src/shared/host";

test("the local model tells of changes, and only of changes", () => {
  const model = localModel({ position: 1 });
  const changed = vi.fn();
  model.on("change:position", changed);
  model.set("position", 1);
  expect(changed).not.toHaveBeenCalled();
  model.set("position", 2);
  expect(changed).toHaveBeenCalledTimes(1);
  expect(model.get("position")).toBe(2);
  model.off("change:position", changed);
  model.set("position", 3);
  expect(changed).toHaveBeenCalledTimes(1);
});
