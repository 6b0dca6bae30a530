import { describe, expect, test } from "vitest";
import { keyAction, type Place } from "../src/player/keys";

const press = (key: string, place: Place = "elsewhere", selected = false, shift = false) =>
  keyAction({ key, place, selected, shift });

describe("keys", () => {
  test("space plays, but a button keeps it and an empty picture chooses a point", () => {
    expect(press(" ")).toEqual({ do: "play" });
    expect(press(" ", "strip")).toEqual({ do: "play" });
    expect(press(" ", "button")).toBeNull();
    expect(press(" ", "canvas")).toEqual({ do: "play" });
    expect(press(" ", "canvas", true)).toEqual({ do: "play" });
    expect(press("Enter", "canvas")).toEqual({ do: "first" });
    expect(press("Enter")).toBeNull();
  });

  test("arrows scrub on the strip, choose on the picture, and mean nothing elsewhere", () => {
    expect(press("ArrowRight", "strip")).toEqual({ do: "scrub", by: 0.05 });
    expect(press("ArrowDown", "strip", false, true)).toEqual({ do: "scrub", by: -0.01 });
    expect(press("ArrowUp", "canvas")).toEqual({ do: "near", dx: 0, dy: 1 });
    expect(press("ArrowLeft")).toBeNull();
  });

  test("escape clears first and leaves then", () => {
    expect(press("Escape", "canvas", true)).toEqual({ do: "clear" });
    expect(press("Escape", "canvas", false)).toEqual({ do: "leave" });
  });

  test("brackets and pages step, Home and End go to the ends", () => {
    for (const key of ["[", "PageUp"]) expect(press(key)).toEqual({ do: "step", by: -1 });
    for (const key of ["]", "PageDown"]) expect(press(key)).toEqual({ do: "step", by: 1 });
    expect(press("Home", "canvas")).toEqual({ do: "go", to: "data" });
    expect(press("End", "strip")).toEqual({ do: "go", to: "latent" });
  });

  test("letters toggle, small or capital; other keys mean nothing", () => {
    expect(press("d")).toEqual({ do: "toggle", part: "density" });
    expect(press("G")).toEqual({ do: "toggle", part: "grid" });
    expect(press("R")).toEqual({ do: "reverse" });
    expect([press("+"), press("-")]).toEqual([{ do: "speed", by: 1 }, { do: "speed", by: -1 }]);
    for (const key of ["x", "F5", "Shift", "a"]) expect(press(key)).toBeNull();
  });
});
