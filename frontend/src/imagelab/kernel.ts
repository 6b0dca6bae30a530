/** Wishes that only a kernel can grant, and what it answered: nothing here ever waits. */

import type { Model } from "../shared/afm";
import { throttle } from "../shared/throttle";
import { decodeArrays, inflate, payloadBytes, type ArraySpec } from "../shared/wire";
import { toBytes } from "./bytes";
import type { Image, Lab } from "./record";

export interface Score {
  drawing: string;
  bits: number;
  terms: number[];
  heat: Float32Array | null;
}

interface Reply {
  id: number;
  kind: "score" | "moved" | "draws";
  error?: string;
  drawing: string;
  bits: number | number[][];
  terms: number[];
  arrays?: ArraySpec[];
  payload?: string;
  image: number;
  latent: number;
  seed: number;
  pixels: string;
}

export interface Draws {
  image(temperature: number, n: number): Image;
  bits(temperature: number): number[];
}

export interface Kernel {
  /** Whether there was one when the page was made. */
  there: boolean;
  /** It has not answered for a while. */
  silent(): boolean;
  score(drawing: string): void;
  scored(): Score | null;
  moved(shift: number, mode: number, k: number, latent: number): Image | null;
  /** New draws; the seed counts up. */
  redraw(): void;
  draws(): Draws | null;
}

const REST = 350;
const PATIENCE = 4000;

export function createKernel(model: Model, lab: Lab, changed: () => void, signal: AbortSignal): Kernel {
  const there = Boolean(model.get("kernel"));
  const size = lab.image(0).length;
  const moves = new Map<string, Uint8Array>();
  const asked = new Set<string>();
  let score: Score | null = null;
  let draws: Draws | null = null;
  let seed = 0;
  let id = Date.now() % 1e9;
  let wished = 0;
  let answered = 0;
  let wanted = "";
  let rest: ReturnType<typeof setTimeout> | undefined;

  function wish(kind: Reply["kind"], of: Record<string, unknown>): void {
    if (!there) return;
    model.set("wish", { id: ++id, kind, ...of });
    model.save_changes();
    if (wished <= answered) wished = performance.now();
    setTimeout(() => signal.aborted || changed(), PATIENCE + 50);
  }

  const sendScore = throttle(() => wish("score", { drawing: wanted }), 150);

  async function take(): Promise<void> {
    const reply = model.get<Reply | undefined>("reply");
    if (!reply?.kind) return;
    answered = performance.now();
    if (reply.error) return changed();
    if (reply.kind === "score") {
      const heat = reply.arrays ? decodeArrays(reply.arrays, await inflate(payloadBytes(reply.payload))).get("heat")! : null;
      const known = score?.drawing === reply.drawing ? score.heat : null;
      score = { drawing: reply.drawing, bits: reply.bits as number, terms: reply.terms, heat: heat ?? known };
    } else if (reply.kind === "moved") {
      const key = `${reply.image} ${reply.latent}`;
      asked.delete(key);
      moves.set(key, toBytes(reply.pixels, size * lab.meta.shifts.length * lab.meta.modes.length));
    } else draws = drawsOf(reply);
    changed();
  }

  function drawsOf({ pixels, bits }: Reply): Draws {
    const bytes = toBytes(pixels, size * lab.draws * lab.meta.temperatures.length);
    return {
      image: (temperature, n) => bytes.subarray((temperature * lab.draws + n) * size, (temperature * lab.draws + n + 1) * size),
      bits: (temperature) => (bits as number[][])[temperature]!,
    };
  }

  const hear = () => void take();
  model.on("change:reply", hear);
  signal.addEventListener("abort", () => {
    model.off("change:reply", hear);
    clearTimeout(rest);
  });

  return {
    there,
    silent: () => wished > answered && performance.now() - wished > PATIENCE,
    scored: () => score,
    draws: () => draws,
    score(drawing) {
      if (drawing === wanted || !there) return;
      wanted = drawing;
      sendScore();
      clearTimeout(rest);
      rest = setTimeout(() => wish("score", { drawing: wanted, heat: true }), REST);
    },
    moved(shift, mode, k, latent) {
      const came = lab.moved(shift, mode, k, latent);
      if (came) return came;
      const key = `${k} ${latent}`;
      const bytes = moves.get(key);
      if (bytes) return bytes.subarray((shift * lab.meta.modes.length + mode) * size, (shift * lab.meta.modes.length + mode + 1) * size);
      if (there && !asked.has(key)) {
        asked.clear();
        asked.add(key);
        wish("moved", { image: k, latent });
      }
      return null;
    },
    redraw: () => wish("draws", { seed: ++seed, count: lab.draws }),
  };
}
