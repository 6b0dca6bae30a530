import { describe, expect, test } from "vitest";
import { contrast, luminance, paintDensities, parseColour, ramp, RAMP_STEPS, word, type Rgb } from "../src/shared/colour";
import { divergingColour, TOKENS, type Tokens } from "../src/shared/theme";

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
    const texts: (keyof Tokens)[] = ["ink", "mute", "base", "volume", "decoder", "encoder", "bad"];
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

/** Linear light as three kinds of colour-blind eyes see it (Machado et al. 2009, full severity). */
const EYES: Record<string, number[][]> = {
  normal: [[1, 0, 0], [0, 1, 0], [0, 0, 1]],
  protan: [[0.152286, 1.052583, -0.204868], [0.114503, 0.786281, 0.099216], [-0.003882, -0.048116, 1.051998]],
  deutan: [[0.367322, 0.860646, -0.227968], [0.280085, 0.672501, 0.047413], [-0.01182, 0.04294, 0.968881]],
  tritan: [[1.255528, -0.076749, -0.178779], [-0.078411, 0.930809, 0.147602], [0.004733, 0.691367, 0.3039]],
};

/** CIE L*a*b* of a colour as an eye sees it; distances of 2 are just seen, of 10 seen at once. */
function lab(colour: Rgb, eye: string): number[] {
  const linear = colour.map((byte) => {
    const c = byte / 255;
    return c <= 0.04045 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4;
  });
  const [r, g, b] = EYES[eye]!.map((row) => row.reduce((sum, w, k) => sum + w * linear[k]!, 0)) as [number, number, number];
  const f = (t: number) => (t > 0.008856 ? Math.cbrt(t) : 7.787 * t + 16 / 116);
  const x = f((0.4124 * r + 0.3576 * g + 0.1805 * b) / 0.95047);
  const y = f(0.2126 * r + 0.7152 * g + 0.0722 * b);
  const z = f((0.0193 * r + 0.1192 * g + 0.9505 * b) / 1.08883);
  return [116 * y - 16, 500 * (x - y), 200 * (y - z)];
}

function distance(a: string, b: string, eye: string): number {
  const [p, q] = [lab(parseColour(a)!, eye), lab(parseColour(b)!, eye)];
  return Math.hypot(...p.map((v, k) => v - q[k]!));
}

describe.each(Object.entries(TOKENS))("what everybody can tell apart, %s", (_, tokens) => {
  test.each(Object.keys(EYES))("%s: the ends of the diverging scale, and each from its middle", (eye) => {
    const [contract, , neutral, , expand] = tokens.diverging;
    expect(distance(contract, expand, eye)).toBeGreaterThan(40);
    expect(distance(contract, neutral, eye)).toBeGreaterThan(25);
    expect(distance(expand, neutral, eye)).toBeGreaterThan(25);
  });

  test.each(Object.keys(EYES))("%s: the columns of the ledger", (eye) => {
    const columns = [tokens.volume, tokens.decoder, tokens.encoder];
    for (const [k, one] of columns.entries()) {
      for (const other of columns.slice(k + 1)) expect(distance(one, other, eye)).toBeGreaterThan(10);
    }
  });

  test("the ramp of densities runs one way in luminance", () => {
    const light = tokens.density.map((colour) => luminance(parseColour(colour)!));
    const steps = light.slice(1).map((value, k) => Math.sign(value - light[k]!));
    expect(new Set(steps).size).toBe(1);
  });

  test("the diverging scale is even: equal steps look equally large on both sides", () => {
    const [a, b, c, d, e] = tokens.diverging;
    const step = (one: string, other: string) => distance(one, other, "normal");
    for (const [one, other] of [[step(a, b), step(b, c)], [step(d, e), step(c, d)], [step(a, c), step(c, e)]] as const) {
      expect(one / other).toBeGreaterThan(0.6);
      expect(one / other).toBeLessThan(1.67);
    }
  });
});

test("log-determinants take the ends of the scale at the most and beyond", () => {
  const palette = { diverging: TOKENS.light.diverging.map((colour) => parseColour(colour)!) };
  const css = (colour: string) => `rgb(${parseColour(colour)!.join(", ")})`;
  expect(divergingColour(palette, -9, 2)).toBe(css(TOKENS.light.diverging[0]));
  expect(divergingColour(palette, 0, 2)).toBe(css(TOKENS.light.diverging[2]));
  expect(divergingColour(palette, 2, 2)).toBe(css(TOKENS.light.diverging[4]));
});
