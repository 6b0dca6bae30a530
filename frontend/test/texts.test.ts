import { readdirSync, readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { pieces } from "../src/shared/pieces";
import { strings } from "../src/shared/strings";
import { table } from "./say";

const SOURCES = new URL("../src/", import.meta.url);

/** Keys that a source names in so many words. */
function keysOf(folder: string): string[] {
  const files = readdirSync(new URL(`${folder}/`, SOURCES)).filter((file) => file.endsWith(".ts"));
  const text = files.map((file) => readFileSync(new URL(`${folder}/${file}`, SOURCES), "utf8")).join("\n");
  return [...text.matchAll(/(?<![\w.])t\(\s*"([^"]+)"/g)].map((found) => found[1]!);
}

describe.each(["en", "de"])("texts in %s", (language) => {
  const shared = table(language, "shared");
  test("have every key that the sources name", () => {
    const player = { ...shared, ...table(language, "player") };
    expect(keysOf("shared").filter((key) => !(key in shared))).toEqual([]);
    expect(keysOf("player").filter((key) => !(key in player))).toEqual([]);
  });
});

test("values take their places, and a place without a value stays", () => {
  const t = strings({ hello: "Hello {name}, {rest}" });
  expect(t("hello", { name: 3 })).toBe("Hello 3, {rest}");
  expect(t("nothing")).toBe("nothing");
});

test("a text with strong words and a coloured figure", () => {
  expect(pieces("**Layer 1**: gets {nats} back.", { nats: { text: "+1 nats", column: "volume" } })).toEqual([
    { text: "Layer 1", strong: true },
    { text: ": gets " },
    { text: "+1 nats", column: "volume" },
    { text: " back." },
  ]);
});
