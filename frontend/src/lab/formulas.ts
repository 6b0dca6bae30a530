/**
 * The equation of a kind, z = f(x) and x = f⁻¹(z), its account, and the PyTorch lines: they come
 * with its card (flowviz/widgets/kinds/formulas.json).
 *
 * After "|" a line of code has the key with which it lights.
 */

import type { Line, Notation, Term } from "../shared/formula";
import type { Say } from "../shared/strings";
import { COLUMNS } from "../shared/trace";
import { choiceOf, type Kind, type Params } from "./maths/kind";
import { told } from "./told";

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
  /** What is otherwise, by the value of the kind's choice. */
  of?: Partial<Lines>[];
}

/** The lines of a kind as its choice stands. */
export function linesAt(kind: Kind, lines: Lines | undefined, params: Params): Lines | undefined {
  return lines && { ...lines, ...lines.of?.[choiceOf(kind, params)] };
}

export function formsOf(kind: Kind, lines: Lines | undefined, t: Say): Record<Notation, Term[]> {
  const account = (sign: string) => accountOf(kind, lines, sign, t);
  return {
    latent: [{ math: `${told(t, lines?.z ?? "z = f(x)")},  ` }, ...account("+")],
    data: [{ math: `${told(t, lines?.x ?? "x = f^{−1}(z)")},  ` }, ...account("−")],
  };
}

/** In the direction of x = f(z) the volume reads minus log |det dx/dz|. */
function accountOf(kind: Kind, lines: Lines | undefined, sign: string, t: Say): Term[] {
  const terms: Term[] = [{ math: `log p(x) ${kind.exact ? "=" : "≥"} ` }, { math: "log p(z)", key: "base", column: "base" }];
  for (const column of COLUMNS) {
    if (!kind.columns.includes(column)) continue;
    const turned = column === "volume" && sign === "−";
    const math = turned ? "− log |det {dx}/{dz}|" : told(t, lines?.[column] ?? t(`math.${column}`));
    const minus = math.startsWith("− ");
    terms.push({ math: minus ? " − " : " + " }, { math: minus ? math.slice(2) : math, key: column, column, label: t(`term.${column}`) });
  }
  return terms;
}

/** The lines of the layer, and their sum over the base. */
export function codeOf({ columns, exact }: Kind, lines: Lines | undefined): Line[] {
  const sum = ["base.log_prob(z)", ...columns].join(" + ");
  return `${lines?.code}\n${exact ? "log_p" : "bound"} = ${sum}|base`.split("\n").map((line) => {
    const [text, key] = line.split("|") as [string, string?];
    return key ? { text, key } : { text };
  });
}
