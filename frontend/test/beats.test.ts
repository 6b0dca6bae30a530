import { expect, test } from "vitest";
import { beatTraits } from "../src/shared/presenter";
import type { Answer, Question } from "../src/shared/judge";

const question: Question = { id: "q", kind: "sign", prompt: "?", set: { position: 1, selected: 4 } };
const answer = { id: "q" } as Answer;

test("a beat's own traits win over its question's", () => {
  const traits = beatTraits({ question: "q", state: { position: 2 } }, [question], []);
  expect(traits).toEqual({ playing: false, position: 2, selected: 4, asked: "q", revealed: false });
});

test("an answered question stays answered, a beat without one asks nothing", () => {
  expect(beatTraits({ question: "q" }, [question], [answer])).toMatchObject({ asked: "q", revealed: true });
  expect(beatTraits({ say: "Look." }, [question], [answer])).toEqual({ playing: false, asked: "", revealed: false });
});
