/** What the Python half worked out (flowviz/widgets/imagelab_record.py), as images and costs by name. */

import type { Model } from "../shared/afm";
import type { Column } from "../shared/trace";
import { decodeArrays, elements, inflate, payloadBytes, TraceError, type ArraySpec } from "../shared/wire";

/** C * H * W values, 0 to 255. */
export type Image = Float32Array | Uint8Array;
export type Mode = "all" | "mean";

export interface Depth {
  /** 1 at the data side; 0 is the image itself. */
  layer: number;
  title: string;
  numbers: number;
}

export interface Meta {
  title: string;
  shape: [number, number, number];
  latent: number[];
  dim: number;
  likelihood: "exact" | "lower bound" | "estimate";
  modes: Mode[];
  temperatures: number[];
  shifts: number[];
  /** Places in z of the latents whose moves came along. */
  latents: number[];
  depths: Depth[];
  labels: string[];
  /** How many draws of noise the costs of the images are the mean of. */
  noise: number;
  /** Layer (1 at the data side), its title, column: latent side first, without rows of zeros. */
  rows: [number, string, Column][];
  /** Of every image: the base, then the rows, in bits/dim. */
  terms: number[][];
  bits: number[];
  arrays: ArraySpec[];
}

export interface Lab {
  meta: Meta;
  count: number;
  steps: number;
  draws: number;
  latents: number;
  image(k: number): Image;
  code(k: number): Float32Array;
  /** Bits of every pixel. */
  heat(k: number): Float32Array;
  /** The heat that is the end of the scale. */
  hottest: number;
  draw(temperature: number, n: number): Image;
  drawBits(temperature: number): Float32Array;
  walk(step: number, mode: number, from: number, to: number): Image;
  walkBits(step: number, mode: number, from: number, to: number): number;
  /** null: it did not come along. */
  moved(shift: number, mode: number, k: number, latent: number): Image | null;
  /** side 0: the mean; 1: drawn. */
  back(depth: number, side: number, k: number): Image;
  backBits(depth: number, side: number, k: number): number;
}

const NAMES = ["images", "codes", "heat", "draws", "draws/bits", "walk", "walk/bits", "moved", "depths", "depths/bits"] as const;

export async function prepareLab(model: Model): Promise<Lab> {
  const meta = model.get<Meta>("meta");
  const bytes = await inflate(payloadBytes(model.get("payload")));
  return labOf(meta, decodeArrays(meta.arrays, bytes));
}

export function labOf(meta: Meta, arrays: Map<string, Float32Array>): Lab {
  for (const name of NAMES) if (!arrays.has(name)) throw new TraceError(`expected an array ${name}, got none`);
  const shapes = new Map(meta.arrays.map((spec) => [spec.name, spec]));
  const get = (name: (typeof NAMES)[number]) => arrays.get(name)!;
  const dims = (name: (typeof NAMES)[number]) => shapes.get(name)!.shape;
  const size = meta.shape.reduce((a, b) => a * b, 1);
  const pixels = meta.shape[1] * meta.shape[2];
  const count = meta.bits.length;
  const [steps, modes, pairs] = dims("walk") as [number, number, number];
  const [, draws] = dims("draws") as [number, number];
  const codes = elements(shapes.get("codes")!) / count;
  const at = (name: (typeof NAMES)[number], index: number, length = size) => get(name).subarray(index * length, (index + 1) * length);
  const pair = (from: number, to: number) => {
    const [i, j] = from < to ? [from, to] : [to, from];
    return i * count - (i * (i + 1)) / 2 + (j - i - 1);
  };
  const place = (step: number, mode: number, from: number, to: number) =>
    ((from < to ? step : steps - 1 - step) * modes + mode) * pairs + pair(from, to);
  const image = (k: number) => at("images", k);

  return {
    meta, count, steps, draws, image,
    latents: codes,
    code: (k) => at("codes", k, codes),
    heat: (k) => at("heat", k, pixels),
    hottest: quantile(get("heat"), 0.995),
    draw: (temperature, n) => at("draws", temperature * draws + n),
    drawBits: (temperature) => at("draws/bits", temperature, draws),
    walk: (step, mode, from, to) => (from === to ? image(from) : at("walk", place(step, mode, from, to))),
    walkBits: (step, mode, from, to) => (from === to ? meta.bits[from]! : get("walk/bits")[place(step, mode, from, to)]!),
    moved(shift, mode, k, latent) {
      const which = meta.latents.indexOf(latent);
      return which < 0 ? null : at("moved", ((shift * modes + mode) * count + k) * meta.latents.length + which);
    },
    back: (depth, side, k) => at("depths", (depth * 2 + side) * count + k),
    backBits: (depth, side, k) => get("depths/bits")[(depth * 2 + side) * count + k]!,
  };
}

/** Of the sizes of the values; what is larger looks the same. */
export function quantile(values: Float32Array, share: number): number {
  const sizes = values.map(Math.abs).sort();
  return Math.max(1e-9, sizes[Math.round(share * (sizes.length - 1))] ?? 0);
}
