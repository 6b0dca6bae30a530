/** Sentences: runs of text, strong, or in the colour of a ledger column. */

import { h } from "./dom";
import type { Column } from "./trace";

export interface Piece {
  text: string;
  strong?: boolean;
  column?: Column | "base";
  /** What is lit with it, where that is not its column. */
  key?: string;
}

export function pieceNodes(pieces: Piece[]): Node[] {
  return pieces.map(({ text, strong, column, key = column }) => {
    if (strong) return h("strong", {}, text);
    if (column) return h("span.figure", { "data-column": column, "data-key": key ?? null }, text);
    return document.createTextNode(text);
  });
}

/** A text of a table with places: "{name}" becomes that piece, "**words**" is strong. */
export function pieces(text: string, values: Record<string, Piece | string> = {}): Piece[] {
  return text
    .split(/(\{\w+\}|\*\*.+?\*\*)/)
    .filter(Boolean)
    .map((part) => {
      const value = values[part.slice(1, -1)];
      if (part[0] === "{" && value !== undefined) return typeof value === "string" ? { text: value } : value;
      return part.startsWith("**") ? { text: part.slice(2, -2), strong: true } : { text: part };
    });
}

export interface Sentence {
  el: HTMLElement;
  say(pieces: Piece[]): void;
}

export function sentence(): Sentence {
  const el = h("p.sentence");
  return { el, say: (said) => el.replaceChildren(...pieceNodes(said)) };
}
