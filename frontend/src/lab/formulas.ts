/**
 * The equation of each kind, z = f(x) and x = f⁻¹(z), its account, and the PyTorch lines.
 *
 * "[e^s|volume]" is a term that lights with the ledger's volume; a line of code after "|" its key.
 */

import type { Notation, Term } from "../shared/formula";
import type { Say } from "../shared/strings";
import { COLUMNS } from "../shared/trace";
import type { Kind } from "./maths/kind";

interface Lines {
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

export const FORMULAS: Record<string, Lines> = {
  affine: {
    z: "z = e^s ⊙ x + t",
    x: "x = e^{−s} ⊙ (z − t)",
    volume: "s_1 + s_2",
    code: "z = x * s.exp() + t\nvolume = s.sum()|volume",
  },
  actnorm: {
    z: "z = e^s ⊙ (x − m)",
    x: "x = e^{−s} ⊙ z + m",
    volume: "s_1 + s_2",
    code: "z = (x - m) * s.exp()\nvolume = s.sum()|volume",
  },
  shear: {
    z: "z = L U x",
    x: "x = U^{−1} L^{−1} z",
    volume: "0",
    code: "z = x @ U.T @ L.T   # ones on both diagonals\nvolume = torch.zeros(len(x))|volume",
  },
  rotation: {
    z: "z = R x, R = exp A",
    x: "x = R^⊤ z",
    volume: "0",
    code: "R = torch.linalg.matrix_exp(A)   # A = -A.T\nz = x @ R.T\nvolume = torch.zeros(len(x))|volume",
  },
  cayley: {
    z: "z = R x, R = (I − A)^{−1} (I + A)",
    x: "x = R^⊤ z",
    volume: "0",
    code: "R = torch.linalg.solve(I - A, I + A)   # A = -A.T\nz = x @ R.T\nvolume = torch.zeros(len(x))|volume",
  },
  householder: {
    z: "z = H_u H_v x",
    x: "x = H_v H_u z",
    volume: "0",
    code: "def mirror(w, x): return x - 2 * (x @ w)[:, None] * w / (w @ w)\nz = mirror(u, mirror(v, x))\nvolume = torch.zeros(len(x))|volume",
  },
  lu: {
    z: "z = L U x + b",
    x: "x = U^{−1} L^{−1} (z − b)",
    volume: "Σ log U_{ii}",
    code: "z = x @ U.T @ L.T + b\nvolume = U.diagonal().log().sum()|volume",
  },
  leakyrelu: {
    z: "z_i = max(x_i, a x_i)",
    x: "x_i = min(z_i, z_i / a)",
    volume: "Σ log a [x_i < 0]",
    code: "z = torch.where(x < 0, a * x, x)\nvolume = ((x < 0) * a.log()).sum(-1)|volume",
  },
  flowified22: {
    z: "z = U Σ V^⊤ x + b",
    x: "x = V Σ^{−1} U^⊤ (z − b)",
    volume: "w_1 + w_2",
    code: "z = nn.functional.linear(x, U @ w.exp().diag() @ V.T, b)\nvolume = w.sum()|volume",
  },
  planar: {
    z: "z = x + u tanh(w·x + b)",
    x: "x = f^{−1}(z), Newton",
    volume: "log(1 + u·w tanh′)",
    code: "h = torch.tanh(x @ w + b)\nz = x + u * h[:, None]\nvolume = (1 + (u @ w) * (1 - h**2)).log()|volume",
  },
  radial: {
    z: "z = x + {β}/{α + r} (x − c), r = |x − c|",
    x: "x = f^{−1}(z), a quadratic in r",
    volume: "log(1 + {β}/{α + r}) + log(1 + {αβ}/{(α + r)²})",
    code: "r = (x - c).norm(dim=-1, keepdim=True)\nz = x + beta / (alpha + r) * (x - c)\nvolume = ((1 + beta / (alpha + r)).log()|volume\n          + (1 + alpha * beta / (alpha + r)**2).log())[:, 0]|volume",
  },
  sylvester: {
    z: "z = x + Q R tanh(S Q^⊤ x + b)",
    x: "x = f^{−1}(z), two roots",
    volume: "Σ log(1 + R_{ii} S_{ii} tanh′_i)",
    code: "h = torch.tanh(x @ Q @ S.T + b)\nz = x + h @ R.T @ Q.T\nvolume = (1 + R.diagonal() * S.diagonal() * (1 - h**2)).log().sum(-1)|volume",
  },
  coupling: {
    z: "z_1 = x_1, z_2 = e^{s(x₁)} x_2 + t(x_1)",
    x: "x_2 = e^{−s(z₁)} (z_2 − t(z_1))",
    volume: "s(x_1)",
    code: "s, t = net(x1)\nz1, z2 = x1, x2 * s.exp() + t\nvolume = s.sum(-1)|volume",
  },
  additive: {
    z: "z_1 = x_1, z_2 = x_2 + t(x_1)",
    x: "x_2 = z_2 − t(z_1)",
    volume: "0",
    code: "z1, z2 = x1, x2 + net(x1)\nvolume = torch.zeros(len(x))|volume",
  },
  autoregressive: {
    z: "z_1 = e^{s₁} x_1 + t_1, z_2 = e^{s(x₁)} x_2 + t(x_1)",
    x: "x_1 first, then x_2",
    volume: "s_1 + s(x_1)",
    code: "s, t = masked_net(x)   # s[:, i] sees x[:, :i] only\nz = x * s.exp() + t\nvolume = s.sum(-1)|volume",
  },
  spline: {
    z: "z_i = g_i(x_i), g_i a rational-quadratic spline",
    x: "x_i = g_i^{−1}(z_i)",
    volume: "Σ log g′_i(x_i)",
    code: "z, slope = rational_quadratic(x, widths, heights, slopes)\nvolume = slope.log().sum(-1)|volume",
  },
  residual: {
    z: "z = x + g(x), Lip(g) < 1",
    x: "x ← z − g(x), again and again",
    volume: "Σ_k (−1)^{k+1} tr J^k / k",
    code: "z = x + g(x)\nJ = torch.func.vmap(torch.func.jacrev(g))(x)\nvolume = torch.linalg.slogdet(torch.eye(2) + J)[1]|volume",
  },
  ode: {
    z: "z = x + ∫ f(x_t, t) dt",
    x: "x = z − ∫ f(x_t, t) dt",
    volume: "∫ tr {∂f}/{∂x} dt",
    code: "for t in times:\n    volume += dt * trace(jacobian(f, x, t))|volume\n    x = x + dt * f(x, t)",
  },
  abs: {
    z: "z = |x|",
    x: "x = ± z",
    decoder: "Σ log p(sign x_i | z)",
    code: "z = x.abs()\ndecoder = Bernoulli(logits=odds(z)).log_prob((x > 0).float()).sum(-1)|decoder",
  },
  sort: {
    z: "z = sort x",
    x: "x = z in a drawn order",
    decoder: "− log 2!",
    code: "z = x.sort(-1).values\ndecoder = torch.full((len(x),), -math.log(2))|decoder",
  },
  permutation: {
    z: "z = x in a drawn order",
    x: "x = z in a drawn order",
    decoder: "− log 2!",
    encoder: "log 2!",
    code: "order = torch.rand_like(x).argsort(-1)\nz = x.gather(-1, order)\nencoder, decoder = math.log(2), -math.log(2)|encoder decoder",
  },
  max: {
    z: "z = max(x_1, x_2)",
    x: "x_k = z, the other drawn below",
    decoder: "log p(k | z) + log p(x_{other} | z)",
    code: "z, k = x.max(-1)\ndecoder = log_odds[k] + HalfNormal(spread[k]).log_prob(z - x.min(-1).values)|decoder",
  },
  slice: {
    z: "z = x_1",
    x: "x_1 = z, x_2 drawn from p(x_2 | z)",
    decoder: "log p(x_2 | z)",
    code: "z = x1\ndecoder = Normal(mean(z), spread(z)).log_prob(x2)|decoder",
  },
  funnel: {
    z: "z = e^{s(x₂)} x_1 + t(x_2)",
    x: "x_2 drawn, x_1 = e^{−s(x₂)} (z − t(x_2))",
    volume: "s(x_2)",
    decoder: "log p(x_2 | z)",
    code: "s, t = net(x2)\nz = x1 * s.exp() + t\nvolume = s|volume\ndecoder = Normal(mean(z), spread(z)).log_prob(x2)|decoder",
  },
  flowified21: {
    z: "z = e^w x_∥ + b, (x_∥, x_⊥) = V^⊤ x",
    x: "x = V (e^{−w} (z − b), x_⊥), x_⊥ drawn",
    volume: "w",
    decoder: "log p(x_⊥ | z)",
    code: "kept, dropped = (x @ V).unbind(-1)\nz = kept * w.exp() + b          # = nn.Linear(2, 1)(x)\nvolume = w|volume\ndecoder = Normal(mean(z), spread(z)).log_prob(dropped)|decoder",
  },
  augment: {
    z: "z = (x, e), e ∼ q(e | x)",
    x: "x = z_1",
    encoder: "− log q(e | x)",
    code: "e = q.sample()\nz = torch.stack([x, e], -1)\nencoder = -q.log_prob(e)|encoder",
  },
  flowified12: {
    z: "z = U (e^{w₁} x, e^{w₂} e) + b, e ∼ q",
    x: "x = e^{−w₁} (U^⊤ (z − b))_1",
    volume: "w_1 + w_2",
    encoder: "− log q(e)",
    code: "e = q.sample()\nz = (torch.stack([x, e], -1) * w.exp()) @ U.T + b\nvolume = w.sum()|volume\nencoder = -q.log_prob(e)|encoder",
  },
  dequantization: {
    z: "z = (x + u) / L, u ∼ q",
    x: "x = ⌊L z⌋",
    encoder: "− log q(u | x) − 2 log L",
    code: "u = torch.rand_like(x)\nz = (x + u) / levels\nencoder = torch.full((len(x),), -2 * math.log(levels))|encoder",
  },
  tile: {
    z: "copies (x_1, x_2 − v, x_2 + v, x_3), v ∼ A N(0, 1); z = K copies + b",
    x: "copies drawn from z, x_2 their mean",
    volume: "log 2 + 2w",
    decoder: "Σ log p(x_⊥ | z)",
    encoder: "− log q(v)",
    code: "v = A * torch.randn(len(x))\ncopies = torch.stack([x1, x2 - v, x2 + v, x3], -1)\nz = nn.functional.conv1d(copies[:, None], kernel, bias, stride=2)\nvolume, encoder = math.log(2) + 2 * w, -Normal(0, A).log_prob(v)|volume encoder",
  },
};

export function formsOf(kind: Kind, t: Say): Record<Notation, Term[]> {
  const lines = FORMULAS[kind.name];
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

export function codeOf(kind: Kind): { key?: string; text: string }[] {
  return (FORMULAS[kind.name]?.code ?? "").split("\n").filter(Boolean).map((line) => {
    const [text, key] = line.split("|") as [string, string?];
    return key ? { text, key } : { text };
  });
}
