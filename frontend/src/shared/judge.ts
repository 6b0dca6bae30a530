/** How far an answer is from the truth, and whether that is near enough: plain functions. */

export interface Question {
  id: string;
  kind: "choice" | "sign" | "number" | "factor" | "point" | "sketch";
  prompt: string;
  /** Of a choice. */
  options?: string[];
  /** Where the picture does not know it. */
  truth?: unknown;
  /** The gap up to which an answer is right. */
  tolerance?: number;
  /** Said once it is answered. */
  after?: string;
  /** Traits that the picture takes on when the question is asked. */
  set?: Record<string, unknown>;
  [of: string]: unknown;
}

export interface Answer {
  id: string;
  kind: Question["kind"];
  prompt: string;
  given: unknown;
  truth: unknown;
  /** 0: the truth. Of a factor the log of the ratio; of a point the distance; of a number given - truth. */
  gap: number | null;
  right: boolean;
  tries: number;
  /** What was given at the first try. */
  first: unknown;
}

export interface Verdict {
  gap: number | null;
  right: boolean;
}

const FACTOR = Math.log(1.25);
const POINT = 0.35;

export function judge({ kind, tolerance }: Question, given: unknown, truth: unknown): Verdict {
  switch (kind) {
    case "choice":
      return { gap: given === truth ? 0 : 1, right: given === truth };
    case "sign": {
      const same = given === signOf(truth, tolerance);
      return { gap: same ? 0 : 1, right: same };
    }
    case "number":
      return within(Number(given) - Number(truth), tolerance ?? Math.max(0.05, 0.05 * Math.abs(Number(truth))));
    case "factor":
      return within(Math.log(Number(given) / Number(truth)), tolerance ?? FACTOR);
    case "point": {
      const at = given as number[]; // on a line its height does not count
      return within(Math.hypot(...(truth as number[]).map((v, k) => v - at[k]!)), tolerance ?? POINT);
    }
    case "sketch":
      return { gap: null, right: false };
  }
}

function within(gap: number, tolerance: number): Verdict {
  return { gap, right: Math.abs(gap) <= tolerance };
}

/** "+", "0" or "−" of a number; a sign as it is. */
export function signOf(truth: unknown, tolerance = 0.005): string {
  if (typeof truth !== "number") return String(truth);
  if (Math.abs(truth) < tolerance) return "0";
  return truth > 0 ? "+" : "−";
}

/** The answers with this one in the place of an earlier one to the same question. */
export function withAnswer(answers: Answer[], question: Question, given: unknown, truth: unknown, verdict: Verdict): Answer[] {
  const { id, kind, prompt } = question;
  const before = answers.find((one) => one.id === id);
  const answer: Answer = {
    id, kind, prompt, given, truth, ...verdict,
    tries: (before?.tries ?? 0) + 1,
    first: before ? before.first : given,
  };
  return [...answers.filter((one) => one !== before), answer];
}

/** The first question after this one that waits for an answer and is not kept for a beat. */
export function nextQuestion(questions: Question[], answers: Answer[], kept: Set<unknown>, after: string): Question | null {
  const at = questions.findIndex(({ id }) => id === after);
  const waiting = ({ id }: Question) => !kept.has(id) && !answers.some((one) => one.id === id);
  return questions.slice(at + 1).find(waiting) ?? null;
}
