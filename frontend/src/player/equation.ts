/** The likelihood ledger as an equation, in both ways of writing f, and as lines of PyTorch. */

import { formulaCard, type FormulaCard, type Notation, type Term } from "../shared/formula";
import type { Lighter } from "../shared/light";
import type { Say } from "../shared/strings";

const CODE = [undefined, undefined, "volume", "volume", "base"];

export function createEquation(exact: boolean, t: Say, lighter: Lighter, choose: (notation: Notation) => void): FormulaCard {
  const sum: Term[] = [
    { math: `log p(x) ${exact ? "=" : "≥"} ` },
    { math: "log p(z)", key: "base", column: "base" },
    { math: " + Σ " },
    { math: t("volume"), key: "volume", column: "volume" },
    { math: " + " },
    { math: t("decoder"), key: "decoder", column: "decoder" },
    { math: " + " },
    { math: t("encoder"), key: "encoder", column: "encoder" },
  ];
  const volume = (math: string): Term[] => [...sum, { math: "\n" }, { math: `${t("volume")} = ${math}` }];
  return formulaCard({
    forms: { latent: volume("log |det ∂z/∂x|"), data: volume("−log |det ∂x/∂z|") },
    code: CODE.map((key, i) => ({ text: t(`code ${i + 1}`), ...(key ? { key } : {}) })),
    lighter,
    t,
    choose,
  });
}
