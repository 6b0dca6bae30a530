/** Continuous layers: points are carried by a stream, in equal steps of a solver. */

import { bijection, num, type Params, type Point, type Row } from "./kind";
import { field, read } from "./net";

/** Shares and weights of the slopes of a step, as in flowviz/layers/continuous.py. */
const METHODS = [
  [[0, 1]],
  [[0, 0], [0.5, 1]],
  [[0, 1 / 6], [0.5, 1 / 3], [0.5, 1 / 3], [1, 1 / 6]],
] as [number, number][][];

/** dx/dt = f(x, t), f a net of tanh times `strength`, from t = 0 to `time` in equal steps. */
export function ode(p: Params): Point {
  const { layers, hidden, extras } = read(p);
  const [strength, time, steps] = [num(p, "strength"), num(p, "time"), num(p, "steps")];
  if (!(time > 0 && Number.isInteger(steps) && steps > 0)) {
    throw new Error(`time, steps: expected a time > 0 and a whole number of steps, got ${time}, ${steps}`);
  }
  if (extras.length !== hidden[0]) {
    throw new Error(`net: expected ${hidden[0]} paces behind the weights, got ${extras.length}`);
  }
  const method = METHODS[num(p, "method")]!;
  const scaled = layers.map(({ weight, bias }, k) => {
    const by = k === layers.length - 1 ? strength : 1;
    return { weight: weight.map((w) => by * w), bias: bias.map((v) => by * v) };
  });
  const f = field(scaled, (v, _, bend) => {
    bend[0] = 1 - 2 / (Math.exp(2 * v) + 1); // tanh, several times as fast, to the last digit of 1
    bend[1] = 1 - bend[0] ** 2;
  }, extras);

  // A state is x, the integral of the trace, and dx(t)/dx(0), which is solved with x.
  const [at, slope, change] = [new Float64Array(7), new Float64Array(7), new Float64Array(7)];
  const out = new Float64Array(6);
  const solve = (state: Row, start: number, end: number, derive: boolean): void => {
    const h = (end - start) / steps;
    const size = derive ? 7 : 2;
    for (let k = 0; k < steps; k++) {
      change.fill(0);
      slope.fill(0);
      for (let m = 0; m < method.length; m++) { // spelled out: this is where the time goes
        const share = method[m]![0];
        const weight = method[m]![1];
        for (let i = 0; i < size; i++) at[i] = state[i]! + share * h * slope[i]!;
        f(at, out, derive, start + k * h + share * h);
        slope[0] = out[0]!;
        slope[1] = out[1]!;
        if (derive) {
          slope[2] = out[2]! + out[5]!;
          slope[3] = out[2]! * at[3]! + out[3]! * at[5]!;
          slope[4] = out[2]! * at[4]! + out[3]! * at[6]!;
          slope[5] = out[4]! * at[3]! + out[5]! * at[5]!;
          slope[6] = out[4]! * at[4]! + out[5]! * at[6]!;
        }
        for (let i = 0; i < size; i++) change[i]! += weight * slope[i]!;
      }
      for (let i = 0; i < size; i++) state[i]! += h * change[i]!;
    }
  };
  const put = (from: Row, to: Row): void => {
    to[0] = from[0]!;
    to[1] = from[1]!;
  };
  const state = new Float64Array(7);
  const run = (from: ArrayLike<number>, start: number, end: number, derive = false): Row => {
    state.fill(0);
    put(from as Row, state);
    state[3] = state[6] = 1;
    if (start !== end) solve(state, start, end, derive);
    return state;
  };
  /** The whole way with its volume; the same point is asked for twice, for z and for the account. */
  const [last, kept] = [new Float64Array(2).fill(NaN), new Float64Array(7)];
  const whole = (x: ArrayLike<number>): Row => {
    if (x[0] !== last[0] || x[1] !== last[1]) {
      kept.set(run(x, 0, time, true));
      last.set([x[0]!, x[1]!]);
    }
    return kept;
  };
  return bijection({
    to: (x, z) => put(whole(x), z),
    back: (z, x) => put(run(z, time, 0), x),
    path: (x, way, tau) => put(run(x, 0, tau * time), way),
    volume: (x) => whole(x)[2]!,
    slope: (x, j) => j.set(whole(x).subarray(3)),
  });
}
