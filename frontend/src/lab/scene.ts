/** Everything that one picture is drawn from: worked out once a change, never while drawing. */

import type { Palette } from "../shared/theme";
import { broken, claim, claimPair, type Account } from "./account";
import { shapeDraws } from "./base";
import type { Draw, Kind, Map as LayerMap, Params } from "./maths/kind";
import { draws } from "./random";
import type { State } from "./state";

export interface Scene {
  state: State;
  kind: Kind;
  /** As the layer is, and as the fault has made it. */
  sound: LayerMap;
  map: LayerMap;
  palette: Palette;
  /** Costs much and is moving: fewer points, a coarser mesh, no average. */
  rough: boolean;
  /** Points of the data side: the data, or draws of the model. */
  points: Float64Array;
  /** The probe on both sides, and its account. */
  x: Float64Array;
  z: Float64Array;
  account: Account;
  /** Other x that this z may come from, drawn; empty where there is one only. */
  echoes: Float64Array;
  /** Mean -log p(x) over the data; NaN without data. */
  nll: number;
}

/** Draws of the model that stand in where there are no data. */
const DRAWS = 1500;
/** Draws of x for the z of the probe. */
const ECHOES = 16;
/** Points of a layer that costs much, while it moves. */
const FEW = 300;
const NOTHING = new Float64Array(0);

export class SceneMaker {
  private prepared: { kind: Kind; params: Params; map: LayerMap } | null = null;
  private latest = NaN;
  private readonly kept = new Map<string, Float64Array>();

  constructor(private readonly data: Float64Array | null) {}

  make(state: State, palette: Palette, moving = false): Scene {
    const { kind, fault } = state;
    const sound = this.prepare(state);
    const rough = moving && kind.name === "ode";
    const map = broken(sound, fault);
    const all = takesData(kind) && this.data ? this.data : this.sample(state, sound, rough ? FEW : DRAWS);
    const points = rough ? all.subarray(0, 2 * FEW) : all;
    const x = Float64Array.from(state.probe);
    const account = claim(map, x, 1, fault, this.draw(map.noise.forward, 1, 4 * state.seed + 3));
    const echoes = this.echoesOf(state, sound, account.out);
    const nll = rough ? this.latest : this.nllOf(state, map);
    this.latest = nll;
    return { state, kind, sound, map, palette, rough, points, x, z: account.out, account, echoes, nll };
  }

  /** The account of a pair that was drawn before. */
  pair(scene: Scene, x: Float64Array, z: Float64Array): Account {
    return claimPair(scene.map, x, z, 1, scene.state.fault);
  }

  private prepare({ kind, params }: State): LayerMap {
    const before = this.prepared;
    if (before && before.kind === kind && sameParams(before.params, params)) return before.map;
    const map = kind.prepare(params);
    this.prepared = { kind, params, map };
    return map;
  }

  /** The noise of `n` points: the same until "draw again". */
  draw(wanted: readonly Draw[], n: number, seed: number): Float64Array | undefined {
    if (!wanted.length) return undefined;
    const key = `${wanted} ${n} ${seed}`;
    if (!this.kept.has(key)) {
      if (this.kept.size > 20) this.kept.clear();
      this.kept.set(key, draws(wanted, n, seed));
    }
    return this.kept.get(key);
  }

  /** Draws of the model. */
  sample({ kind, seed }: State, map: LayerMap, n = DRAWS): Float64Array {
    const latent = new Array<Draw>(kind.latentDim).fill(map.base === "uniform" ? "uniform" : "normal");
    const z = shapeDraws(map.base, this.draw(latent, n, 4 * seed)!.slice(), kind.latentDim);
    return map.inverse(z, n, this.draw(map.noise.inverse, n, 4 * seed + 1)).out;
  }

  private echoesOf({ seed }: State, map: LayerMap, z: Float64Array): Float64Array {
    const wanted = map.noise.inverse;
    if (!wanted.length) return NOTHING;
    const many = new Float64Array(ECHOES * z.length);
    for (let i = 0; i < ECHOES; i++) many.set(z, i * z.length);
    return map.inverse(many, ECHOES, this.draw(wanted, ECHOES, 4 * seed + 2)).out;
  }

  private nllOf(state: State, map: LayerMap): number {
    const { data } = this;
    if (!data || !takesData(state.kind) || !state.kind.exact) return NaN;
    const n = data.length / 2;
    const { total } = claim(map, data, n, state.fault, this.draw(map.noise.forward, n, 4 * state.seed + 3));
    return -total.reduce((sum, value) => sum + value, 0) / n;
  }
}

/** Data are points of the plane. */
function takesData(kind: Kind): boolean {
  return kind.dataDim === 2 && kind.name !== "dequantization";
}

function sameParams(a: Params, b: Params): boolean {
  return a === b || JSON.stringify(a) === JSON.stringify(b);
}
