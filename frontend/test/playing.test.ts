import { beforeEach, expect, test, vi } from "vitest";
import { createPlayer } from "../src/player/playing";
import type { State } from "../src/player/state";
import { localModel } from "../src/shared/host";
import { fixture } from "./fixture";

const layers = fixture({ count: 2, cells: 2 }).meta.layers;

beforeEach(() => void vi.stubGlobal("matchMedia", () => ({ matches: false })));

function play(views: number, ms: number): number {
  const model = localModel({ position: 0, playing: true, speed: 1, direction: "normalize" });
  const set = (changes: Record<string, unknown>) => {
    for (const [name, value] of Object.entries(changes)) model.set(name, value);
  };
  const read = () =>
    Object.fromEntries(["position", "playing", "speed", "direction"].map((name) => [name, model.get(name)])) as unknown as State;
  const players = Array.from({ length: views }, () => createPlayer(layers, { set }));
  for (let now = 0; now <= ms; now += 16) {
    // A second view that begins a frame late must not hurry the first.
    players.forEach((player, i) => (now >= 16 * i ? player.advance(read(), now) : false));
  }
  return model.get<number>("position");
}

test("several views of one model are no faster and no slower than one", () => {
  const one = play(1, 1600);
  expect(one).toBeGreaterThan(0.5);
  for (const views of [2, 3]) expect(Math.abs(play(views, 1600) - one)).toBeLessThan(0.001);
});

test("a position that someone else has set is where playing goes on", () => {
  const set = vi.fn();
  const player = createPlayer(layers, { set });
  const state = { playing: true, speed: 1, direction: "normalize" } as State;
  player.advance({ ...state, position: 0 }, 0);
  player.advance({ ...state, position: 2.5 }, 1000);
  player.advance({ ...state, position: 2.5 }, 1016);
  expect(set.mock.calls[set.mock.calls.length - 1]![0].position).toBeCloseTo(2.5, 1);
});

test("playing ends at the latent and says so", () => {
  expect(play(1, 60_000)).toBe(4);
});
