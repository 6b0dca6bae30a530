/**
 * The equation of a kind, z = f(x) and x = f⁻¹(z), its account, and the PyTorch lines: they come
 * with its card (flowviz/widgets/kinds/formulas.json).
 *
 * "[e^s|volume]" is a term that lights with the ledger's volume; a line of code after "|" its key.
 */

import type { Notation, Term } from "../shared/formula";
import type { Say } from "../shared/strings";
import { COLUMNS } from "../shared/trace";
import type { Kind } from "./maths/kind";

export interface Lines {
  /** z = f(x). */
  z: string;
  /** x = f⁻¹(z). */
  x: string;
  /** What the columns are made of. */
  volume?: string;
  decoder?: string;
  encoder?: string;
  code: string;
}

export function formsOf(kind: Kind, lines: Lines | undefined, t: Say): Record<Notation, Term[]> {
  const account = (sign: string) => accountOf(kind, lines, sign, t);
  return {
    latent: [{ math: `${lines?.z ?? "z = f(x)"},  ` }, ...account("+")],
    data: [{ math: `${lines?.x ?? "x = f^{−1}(z)"},  ` }, ...account("−")],
  };
}

/** In the direction of x = f(z) the volume reads minus log |det dx/dz|. */
function accountOf(kind: Kind, lines: Lines | undefined, sign: string, t: Say): Term[] {
  const terms: Term[] = [{ math: `log p(x) ${kind.exact ? "=" : "≥"} ` }, { math: "log p(z)", key: "base", column: "base" }];
  for (const column of COLUMNS) {
    if (!kind.columns.includes(column)) continue;
    const turned = column === "volume" && sign === "−";
    const math = turned ? "log |det {dx}/{dz}|" : (lines?.[column] ?? t(`math.${column}`));
    terms.push({ math: turned ? " − " : " + " }, { math, key: column, column, label: t(`term.${column}`) });
  }
  return terms;
}

export function codeOf(lines: Lines | undefined): { key?: string; text: string }[] {
  return (lines?.code ?? "").split("\n").filter(Boolean).map((line) => {
    const [text, key] = line.split("|") as [string, string?];
    return key ? { text, key } : { text };
  });
}
