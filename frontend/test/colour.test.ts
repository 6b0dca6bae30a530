import { describe, expect, test } from "vitest";
import { contrast, paintDensities, parseColour, ramp, RAMP_STEPS, word, type Rgb } from "../src/shared/colour";
import { TOKENS, type Tokens } from "../src/shared/theme";

const stops: Rgb[] = [[255, 255, 255], [150, 170, 240], [20, 30, 90]];

describe("the scale of densities", () => {
  const colours = ramp(stops);
  const paint = (...densities: number[]) => {
    const out = new Uint32Array(densities.length);
    paintDensities(new Float32Array(densities), 4, colours, out, 0);
    return [...out];
  };

  test("nothing is paper, the top and all above it are the last colour", () => {
    expect(paint(0, 4, 400)).toEqual([word(255, 255, 255), word(20, 30, 90), word(20, 30, 90)]);
  });

  test("a quarter of the top is half way: a square root", () => {
    expect(paint(1)[0]).toBe(colours[Math.round((RAMP_STEPS - 1) / 2)]);
  });

  test("the ramp meets its stops", () => {
    expect(colours[0]).toBe(word(255, 255, 255));
    expect(colours[RAMP_STEPS - 1]).toBe(word(20, 30, 90));
  });
});

describe("contrast", () => {
  const ratio = (a: string, b: string) => contrast(parseColour(a)!, parseColour(b)!);

  test("black on white is 21", () => expect(ratio("#000", "#fff")).toBeCloseTo(21, 5));

  for (const [theme, tokens] of Object.entries(TOKENS)) {
    const papers: (keyof Tokens)[] = ["paper", "soft", "wash"];
    const texts: (keyof Tokens)[] = ["ink", "mute", "base", "volume", "decoder", "encoder"];
    for (const paper of papers) {
      for (const text of texts) {
        if (text === "mute" && paper === "wash") continue;
        test(`${theme}: ${text} on ${paper} is at least 4.5`, () => {
          expect(ratio(tokens[text] as string, tokens[paper] as string)).toBeGreaterThanOrEqual(4.5);
        });
      }
    }
    test(`${theme}: the icon on the play button, the accent on paper`, () => {
      expect(ratio(tokens.onaccent, tokens.accent)).toBeGreaterThanOrEqual(4.5);
      expect(ratio(tokens.accent, tokens.paper)).toBeGreaterThanOrEqual(4.5);
      expect(ratio(tokens.ink, tokens.washline)).toBeGreaterThanOrEqual(4.5);
    });
  }

  test("colours of hosts: hex, rgb, and what is not opaque", () => {
    expect(parseColour(" #1a2B3c ")).toEqual([26, 43, 60]);
    expect(parseColour("rgb(1, 2, 3)")).toEqual([1, 2, 3]);
    expect(parseColour("rgba(0, 0, 0, 0.87)")).toBeNull();
    expect(parseColour("var(--x)")).toBeNull();
  });
});
