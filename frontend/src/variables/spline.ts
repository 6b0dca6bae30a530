/**
 * Monotone rational-quadratic splines with free knots (Durkan et al. 2019, equations 4 to 8), straight
 * beyond the first and the last knot.
 */

export interface Knots {
  /** Input and output of each knot, both increasing. */
  at: number[];
  to: number[];
  /** Slope at each knot; 0: chosen so that the density has no kink. */
  slopes: number[];
}

/** Sweeps over the knots until free slopes have settled. */
const SWEEPS = 60;
const MOST = 3;

/**
 * The slopes, every 0 among them chosen so that the log of the slope has no kink at its knot
 * (Delbourgo and Gregory 1983): beside knot k it changes at the rates 2 (s / d + 1 - (d + d') / s) / w
 * of the bins on either side, which must cancel; that is a quadratic equation in d with one root above 0. Where a kink is the
 * lesser evil, d stays within MOST times the slopes of the bins beside it.
 */
export function fullSlopes({ at, to, slopes }: Knots): number[] {
  const bins = at.slice(1).map((right, k) => ({ w: right - at[k]!, s: (to[k + 1]! - to[k]!) / (right - at[k]!) }));
  const d = slopes.map((slope, k) => slope || (bins[k] ?? bins[k - 1]!).s);
  for (let sweep = 0; sweep < SWEEPS && slopes.includes(0); sweep++) {
    slopes.forEach((slope, k) => {
      if (slope > 0) return;
      let [a, b, c] = [0, 0, 0];
      let [low, high] = [Infinity, 0];
      for (const side of [-1, 0]) {
        const bin = bins[k + side];
        if (!bin) continue;
        a += bin.s / bin.w;
        b += (1 - d[k + 2 * side + 1]! / bin.s) / bin.w;
        c += 1 / (bin.w * bin.s);
        [low, high] = [Math.min(low, bin.s / MOST), Math.max(high, bin.s * MOST)];
      }
      d[k] = Math.min(high, Math.max(low, (b + Math.sqrt(b * b + 4 * a * c)) / (2 * c)));
    });
  }
  return d;
}

/** The last k with values[k] <= v, -1 where there is none. */
export function below(values: ArrayLike<number>, v: number): number {
  let [low, high] = [0, values.length];
  while (low < high) {
    const mid = (low + high) >> 1;
    if (values[mid]! <= v) low = mid + 1;
    else high = mid;
  }
  return low - 1;
}

export interface Spline {
  f(u: number): number;
  /** log df/du. */
  log(u: number): number;
  back(v: number): number;
}

export function spline(knots: Knots): Spline {
  const { at, to } = knots;
  const d = fullSlopes(knots);
  const last = at.length - 1;

  /** Bin of u, or -1 and last for what lies beyond the ends. */
  function bin(u: number) {
    const k = below(at, u);
    if (k < 0 || k >= last) return null;
    const [w, h] = [at[k + 1]! - at[k]!, to[k + 1]! - to[k]!];
    return { k, w, h, s: h / w, xi: (u - at[k]!) / w };
  }
  const end = (u: number) => (u < at[0]! ? 0 : last);

  function f(u: number): number {
    const b = bin(u);
    if (!b) return to[end(u)]! + d[end(u)]! * (u - at[end(u)]!);
    const { k, h, s, xi } = b;
    return to[k]! + (h * (s * xi * xi + d[k]! * xi * (1 - xi))) / (s + (d[k + 1]! + d[k]! - 2 * s) * xi * (1 - xi));
  }

  function log(u: number): number {
    const b = bin(u);
    if (!b) return Math.log(d[end(u)]!);
    const { k, s, xi } = b;
    const top = d[k + 1]! * xi * xi + 2 * s * xi * (1 - xi) + d[k]! * (1 - xi) ** 2;
    return 2 * Math.log(s) + Math.log(top) - 2 * Math.log(s + (d[k + 1]! + d[k]! - 2 * s) * xi * (1 - xi));
  }

  function back(v: number): number {
    const k = below(to, v);
    if (k < 0 || k >= last) {
      const e = v < to[0]! ? 0 : last;
      return at[e]! + (v - to[e]!) / d[e]!;
    }
    const [w, h] = [at[k + 1]! - at[k]!, to[k + 1]! - to[k]!];
    return at[k]! + w * root(v - to[k]!, h, h / w, d[k]!, d[k + 1]!);
  }
  return { f, log, back };
}

/** xi in [0, 1] at which the spline has risen by `rise`; neither branch subtracts near-equal numbers. */
function root(rise: number, h: number, s: number, d0: number, d1: number): number {
  const b = h * d0 - rise * (d1 + d0 - 2 * s);
  const [a, c] = [h * s - b, -s * rise];
  const q = Math.abs(b) + Math.sqrt(Math.max(0, b * b - 4 * a * c));
  return b > 0 ? (-2 * c) / q : q / (2 * a);
}
