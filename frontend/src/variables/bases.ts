/** The base densities of z: log p(z), where nearly all of the mass lies, what to show of it. */

export const BASES = ["normal", "uniform", "logistic", "mixture"] as const;
export type BaseName = (typeof BASES)[number];

export interface Base {
  log(z: number): number;
  /** All but 1e-6 of the mass. */
  reach: [number, number];
  /** What a picture shows. */
  window: [number, number];
  /** First and last edge of the coloured bars. */
  bars: [number, number];
}

const HALF_LOG_TAU = 0.5 * Math.log(2 * Math.PI);
const gauss = (z: number, mean: number, sd: number) => -0.5 * ((z - mean) / sd) ** 2 - HALF_LOG_TAU - Math.log(sd);

/** weight, mean, standard deviation */
export const MIXTURE = [
  [0.4, -1.3, 0.5],
  [0.6, 1.2, 0.6],
] as const;

export const BASE: Record<BaseName, Base> = {
  normal: { log: (z) => gauss(z, 0, 1), reach: [-5.2, 5.2], window: [-3, 3], bars: [-1.8, 1.8] },
  uniform: {
    log: (z) => (z >= 0 && z <= 1 ? 0 : -Infinity),
    reach: [0, 1],
    window: [-0.25, 1.25],
    bars: [0, 1],
  },
  logistic: {
    log: (z) => -Math.abs(z) - 2 * Math.log1p(Math.exp(-Math.abs(z))),
    reach: [-15, 15],
    window: [-6, 6],
    bars: [-3.6, 3.6],
  },
  mixture: {
    log: (z) => Math.log(MIXTURE.reduce((sum, [w, mean, sd]) => sum + w * Math.exp(gauss(z, mean, sd)), 0)),
    reach: [-4, 4.5],
    window: [-3, 3],
    bars: [-2.1, 2.1],
  },
};

export const BARS = 6;

/** The edges of the bars, equally far from each other under the base. */
export function barEdges({ bars: [first, last] }: Base): number[] {
  return Array.from({ length: BARS + 1 }, (_, k) => first + ((last - first) * k) / BARS);
}
