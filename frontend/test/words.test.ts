import { describe, expect, test } from "vitest";
import { changeWords, sentence, whereWords, type Scene } from "../src/player/words";
import type { State } from "../src/player/state";
import type { Ledger } from "../src/shared/ledger";
import { count, figure, plain, signed } from "../src/shared/numbers";
import { fixture } from "./fixture";
import { say as texts } from "./say";

const t = texts("en", "player");

const { meta } = fixture({ count: 2, cells: 2 });
const entry = (volume: number | null, decoder: number | null = null, encoder: number | null = null) => ({ volume, decoder, encoder });
const ledger: Ledger = {
  base: -2,
  entries: [entry(Math.log(2)), entry(0), entry(-Math.log(4), -0.5, 0.7), entry(0)],
  running: [0, 0, 0, 0],
  total: -2.5,
};
const path = (border: number): [number, number] => [border, -border];
const say = (changes: Partial<Scene>) =>
  sentence({ t, meta, direction: "normalize", position: 0.5, ledger, set: { name: "data", count: 5000 }, path, ...changes })
    .map(({ text }) => text)
    .join("");

describe("the sentence", () => {
  test("a point whose surroundings grow", () => {
    expect(say({})).toBe(
      "Layer 1, scaling: x₁ and x₂ are stretched, each by its own factor. The point goes from (0.00, 0.00) to " +
        "(1.00, −1.00). Around it areas grow ×2.00, so the density falls by the same factor on the way to the " +
        "latent, and log p(x) gets +0.69 nats back. ",
    );
  });

  test("generating turns the way and the factor round, not the nats", () => {
    const words = say({ direction: "generate" });
    expect(words).toContain("from (1.00, −1.00) to (0.00, 0.00)");
    expect(words).toContain("areas shrink ×0.500, so the density rises ×2.00 on the way to the data");
    expect(words).toContain("gets +0.69 nats");
  });

  test("all three columns", () => {
    const words = say({ position: 2.5 });
    expect(words).toContain("areas shrink ×0.250, so the density rises ×4.00");
    expect(words).toContain("is charged −1.39 nats");
    expect(words).toContain("guessed on the way back: −0.50 nats");
    expect(words).toContain("given back: +0.70 nats");
  });

  test("averages name the geometric mean and how many points", () => {
    expect(say({ path: null })).toContain("On average over 5,000 data points areas grow ×2.00 (geometric mean)");
    expect(say({ path: null, position: 1.5 })).toContain("areas stay as they are: 0.00 nats");
  });

  test("a cut says that it is one", () => {
    expect(say({ position: 3.5 })).toContain("A cut: the axes get new names");
  });

  test("the ends say where we are; the entropy is said of data only", () => {
    expect(say({ position: 0 })).toContain("Data side: the point is at x = (0.00, 0.00)");
    expect(say({ position: 4 })).toContain("z = (4.00, −4.00), where the standard normal has log p(z) = −2.00 nats");
    expect(say({ position: 0, path: null })).toContain("no model averages more than −2.39");
    expect(say({ position: 0, path: null, set: { name: "model", count: 3 } })).not.toContain("no model");
  });

  test("a bound is said to be one", () => {
    expect(say({ position: 0, meta: { ...meta, exact: false } })).toContain("log p(x) ≥ −2.50");
  });
});

describe("where it is", () => {
  test("layer and progress, in the direction of travel", () => {
    expect(whereWords(t, meta, 1.5, "normalize")).toBe("Layer 2 of 4, rotation, half way");
    expect(whereWords(t, meta, 1.25, "generate")).toBe("Layer 2 of 4, rotation, three quarters done");
    expect(whereWords(t, meta, 1, "normalize")).toBe("Layer 1 of 4, scaling, done");
    expect(whereWords(t, meta, 3.5, "normalize")).toBe("Layer 4 of 4, swap, a cut");
    expect(whereWords(t, meta, 0, "normalize")).toBe("Data side");
    expect(whereWords(t, meta, 4, "generate")).toBe("Latent side");
  });

  test("what a key has changed", () => {
    const state: State = {
      position: 0, playing: false, speed: 1, direction: "normalize", selected: -1, theme: "auto",
      broken: [], notation: "latent", asked: "", presenting: false,
      show: { density: true, particles: true, grid: true, audit: false },
    };
    const set = { name: "data" as const, count: 5000 };
    const said = (now: Partial<State>) => changeWords(t, state, { ...state, ...now }, set, ledger);
    expect(said({ position: 2 })).toBeNull();
    expect(said({ selected: 16 })).toBe("Point 17 of 5,000, log p(x) −2.50 nats");
    expect(said({ speed: 2 })).toBe("Speed 2");
    expect(said({ show: { ...state.show, grid: false } })).toBe("grid hidden");
    expect(said({ direction: "generate" })).toBe("Latent to data, generate");
  });
});

describe("numbers", () => {
  test("a real minus, a plus where asked for, no sign on zero", () => {
    expect([plain(-1.256), signed(1.256), signed(-0.001), signed(0.001), plain(0)]).toEqual(["−1.26", "+1.26", "0.00", "0.00", "0.00"]);
    expect([plain(-Infinity), plain(NaN)]).toEqual(["−∞", "not a number"]);
  });

  test("factors and densities in a few figures", () => {
    expect([figure(3.5234), figure(0.0412, 2), figure(123.4), figure(0.000123, 2)]).toEqual(["3.52", "0.041", "123", "1.2×10⁻⁴"]);
    expect(count(1234567)).toBe("1,234,567");
  });
});
