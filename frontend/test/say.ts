/** The texts of a language, as the Python half hands them over. */

import { readFileSync } from "node:fs";
import { strings, type Say } from "../src/shared/strings";

const FOLDER = new URL("../../flowviz/widgets/texts/", import.meta.url);

export type Table = Record<string, string>;

export function table(language: string, name: string): Table {
  return JSON.parse(readFileSync(new URL(`${language}/${name}.json`, FOLDER), "utf8")) as Table;
}

export function say(language: string, name: string): Say {
  return strings({ ...table(language, "shared"), ...table(language, name) });
}
