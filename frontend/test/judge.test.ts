import { describe, expect, test } from "vitest";
import { judge, nextQuestion, signOf, withAnswer, type Question } from "../src/shared/judge";

const ask = (kind: Question["kind"], rest: Partial<Question> = {}): Question => ({ id: "q", kind, prompt: "?", ...rest });

describe("the gap", () => {
  test("of a number is a difference, right within the tolerance", () => {
    expect(judge(ask("number", { tolerance: 0.5 }), 2.4, 2)).toEqual({ gap: expect.closeTo(0.4), right: true });
    expect(judge(ask("number", { tolerance: 0.3 }), 2.4, 2).right).toBe(false);
    expect(judge(ask("number"), 20.9, 20).right).toBe(true);
  });

  test("of a factor is a log of the ratio: twice too large is as far off as half", () => {
    const [more, less] = [judge(ask("factor"), 4, 2), judge(ask("factor"), 1, 2)];
    expect(more.gap).toBeCloseTo(Math.log(2));
    expect(less.gap).toBeCloseTo(-Math.log(2));
    expect(judge(ask("factor"), 2.4, 2).right).toBe(true);
  });

  test("of a point is a distance", () => {
    expect(judge(ask("point", { tolerance: 4 }), [1, 2], [4, 6])).toEqual({ gap: 5, right: false });
  });

  test("of signs and choices is whether they agree", () => {
    expect(judge(ask("sign"), "−", -0.3).right).toBe(true);
    expect(judge(ask("sign"), "+", -0.3).right).toBe(false);
    expect(judge(ask("choice"), "a", "b")).toEqual({ gap: 1, right: false });
    expect([signOf(0.001), signOf(2), signOf(-2), signOf("0")]).toEqual(["0", "+", "−", "0"]);
  });
});

test("a retry keeps what was given first and counts", () => {
  const question = ask("number");
  const once = withAnswer([], question, 1, 3, { gap: -2, right: false });
  const twice = withAnswer(once, question, 3, 3, { gap: 0, right: true });
  expect(twice).toHaveLength(1);
  expect(twice[0]).toMatchObject({ given: 3, first: 1, tries: 2, right: true });
});

test("the next question is one that waits and that no beat keeps", () => {
  const questions = ["a", "b", "c", "d"].map((id) => ({ ...ask("sign"), id }));
  const answers = withAnswer([], questions[1]!, "+", "+", { gap: 0, right: true });
  expect(nextQuestion(questions, answers, new Set(["c"]), "a")?.id).toBe("d");
  expect(nextQuestion(questions, answers, new Set(["c", "d"]), "a")).toBeNull();
});
