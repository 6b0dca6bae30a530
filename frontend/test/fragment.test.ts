import { expect, test } from "vitest";
import { packState, unpackState } from "../src/shared/fragment";

test("the very text that Python writes", () => {
  // flowviz.widgets.state.pack_state({"widget": "player", "b": [1.0, 2.5], "a": {"z": "é漢", "k": None}})
  const python = "flowviz1.eyJhIjp7ImsiOm51bGwsInoiOiLDqea8oiJ9LCJiIjpbMSwyLjVdLCJ3aWRnZXQiOiJwbGF5ZXIifQ";
  expect(packState({ widget: "player", b: [1.0, 2.5], a: { z: "é漢", k: null } })).toBe(python);
});

test("there and back, also out of an address", () => {
  const values = { widget: "lab", text: "?>~ ÿ", list: [0.1, -3], deep: { a: [true, null] } };
  expect(unpackState(packState(values))).toEqual(values);
  expect(unpackState(`file:///a.html#${packState(values)}`)).toEqual(values);
});

test("other texts are no states", () => {
  for (const text of ["", "#", "#top", "flowviz1.", "flowviz1.%%%", packState({ widget: 3 }), "flowviz2.e30"]) {
    expect(unpackState(text)).toBeNull();
  }
});
