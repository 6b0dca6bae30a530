/** Drawn tables in the place of networks, and the univariate densities that they condition. */

/** Tables have their knots evenly over [-REACH, REACH], are linear between and constant beyond. */
export const REACH = 4;

export interface Table {
  at(v: number): number;
  slope(v: number): number;
}

export function table(values: number[]): Table {
  const last = values.length - 1;
  if (last < 1) throw new Error(`expected a table of two numbers or more, got ${values.length}`);
  const step = (2 * REACH) / last;
  const cell = (v: number): number => Math.min(last - 1, Math.max(0, Math.floor((v + REACH) / step)));
  const rise = (i: number): number => (values[i + 1]! - values[i]!) / step;
  return {
    at: (v) => {
      const held = Math.min(REACH, Math.max(-REACH, v));
      const i = cell(held);
      return values[i]! + rise(i) * (held + REACH - i * step);
    },
    slope: (v) => (Math.abs(v) < REACH ? rise(cell(v)) : 0),
  };
}

/** Log spreads are bent so that they stay within these, as in flowviz/nets/conditional.py. */
const [LOW, HIGH] = [-7, 3];

export function bounded(raw: number): number {
  const limit = raw < 0 ? -LOW : HIGH;
  return limit * Math.tanh(raw / limit);
}

/** The number that `bounded` takes to a log spread. */
export function unbounded(logSigma: number): number {
  if (!(logSigma > LOW && logSigma < HIGH)) {
    throw new Error(`expected a log spread between ${LOW} and ${HIGH}, got ${logSigma}`);
  }
  const limit = logSigma < 0 ? -LOW : HIGH;
  return limit * Math.atanh(logSigma / limit);
}

export const HALF_LOG_TWO_PI = 0.5 * Math.log(2 * Math.PI);

export function logNormal(value: number, mean = 0, logSigma = 0): number {
  return -0.5 * ((value - mean) * Math.exp(-logSigma)) ** 2 - logSigma - HALF_LOG_TWO_PI;
}

/** A normal whose mean and log spread are drawn as tables of what is given. */
export interface Conditional {
  mean(given: number): number;
  logSigma(given: number): number;
  draw(given: number, noise?: number): number;
  logProb(value: number, given: number): number;
}

export function conditional(means: number[], logSigmas: number[]): Conditional {
  const [centre, spread] = [table(means), table(logSigmas.map(unbounded))];
  const logSigma = (given: number): number => bounded(spread.at(given));
  return {
    mean: centre.at,
    logSigma,
    draw: (given, noise) => centre.at(given) + (noise === undefined ? 0 : Math.exp(logSigma(given)) * noise),
    logProb: (value, given) => logNormal(value, centre.at(given), logSigma(given)),
  };
}

export function sigmoid(v: number): number {
  return v < 0 ? Math.exp(v) / (1 + Math.exp(v)) : 1 / (1 + Math.exp(-v));
}

/** log sigmoid, without overflow. */
export function logSigmoid(v: number): number {
  return Math.min(v, 0) - Math.log1p(Math.exp(-Math.abs(v)));
}

/** log of the integral of exp f over the line, for f quadratic with a maximum. */
export function logIntegral(f: (v: number) => number): number {
  const [left, middle, right] = [f(-1), f(0), f(1)];
  const [square, slope] = [middle - (left + right) / 2, (right - left) / 2];
  return middle + slope ** 2 / (4 * square) + 0.5 * Math.log(Math.PI / square);
}
