/** Predict, then reveal: the card that asks, records the answer, and only then shows the truth. */

import type { Model } from "./afm";
import { h, put, putText } from "./dom";
import { judge, nextQuestion, signOf, withAnswer, type Answer, type Question, type Verdict } from "./judge";
import { lock } from "./locks";
import { figure, plain } from "./numbers";
import type { Say } from "./strings";

export type { Answer, Question };

/** The traits of a card; the widget redraws when one of them changes. */
export const QUESTION_TRAITS = ["questions", "answers", "asked", "revealed"];

export interface Hooks {
  /** The truth by the live picture, for questions that have none of their own. */
  truth?(question: Question): unknown;
  /** A verdict where the plain one does not do (sketches). */
  judge?(question: Question, given: unknown, truth: unknown): Verdict | null;
  /** The gap in words, where the plain ones do not do. */
  words?(question: Question, answer: Answer): string | null;
  /** The answer is in: show it. */
  reveal?(question: Question): void;
  /** The picture's drawing of the question has changed. */
  redraw(): void;
}

export interface QuestionCard {
  el: HTMLElement;
  /** Looks at the model again; call it when one of QUESTION_TRAITS changes. */
  update(): void;
  current(): Question | null;
  /** A question is open, and controls are locked. */
  asking(): boolean;
  /** What is given so far, or was given: for the picture to draw. */
  given(): unknown;
  /** A draft, from the picture. */
  draft(value: unknown): void;
  /** An answer, from the picture. */
  give(value: unknown): void;
  answer(): Answer | null;
}

export function questionCard(root: HTMLElement, model: Model, t: Say, hooks: Hooks): QuestionCard {
  const el = h("div.card", { role: "group", "aria-label": t("question"), hidden: true });
  let shown = "";
  let draft: unknown = null;

  const questions = () => model.get<Question[] | undefined>("questions") ?? [];
  const answers = () => model.get<Answer[] | undefined>("answers") ?? [];
  const current = () => questions().find(({ id }) => id === model.get("asked")) ?? null;
  const revealed = () => Boolean(model.get("revealed"));
  const asking = () => current() !== null && !revealed();
  const answer = () => answers().find(({ id }) => id === current()?.id) ?? null;
  const given = () => (revealed() ? (answer()?.given ?? null) : draft);

  function set(changes: Record<string, unknown>): void {
    for (const [name, value] of Object.entries(changes)) model.set(name, value);
    model.save_changes();
    update();
  }

  function give(value: unknown): void {
    const question = current();
    if (!question || !asking()) return;
    const truth = question.truth ?? hooks.truth?.(question) ?? null;
    const verdict = hooks.judge?.(question, value, truth) ?? judge(question, value, truth);
    set({ answers: withAnswer(answers(), question, value, truth, verdict), revealed: true });
    hooks.reveal?.(question);
  }

  function retry(): void {
    set({ ...current()?.set, revealed: false });
  }

  function goOn(): void {
    const beats = model.get<{ question?: string }[] | undefined>("beats") ?? [];
    const kept = new Set(beats.map((beat) => beat.question));
    const next = nextQuestion(questions(), answers(), kept, current()?.id ?? "");
    set({ ...next?.set, asked: next?.id ?? "", revealed: false });
  }

  function build(question: Question): void {
    el.replaceChildren(h("p", {}, h("strong", {}, `${t("predict")} `), question.prompt));
    if (revealed()) el.append(...verdictOf(question));
    else el.append(entry(question, t, give, note, () => draft && give(draft)));
  }

  function verdictOf(question: Question): HTMLElement[] {
    const record = answer();
    const words = record ? (hooks.words?.(question, record) ?? gapWords(question, record, t)) : "";
    const status = h("p", { role: "status" });
    const again = button(t("again"), retry);
    status.append(h("strong", {}, record?.right ? t("right") : t("off")), ` ${words}`, question.after ? ` ${question.after}` : "");
    return [status, h("div.choices", {}, again, button(t("on"), goOn, true))];
  }

  function note(value: unknown): void {
    draft = value;
    hooks.redraw();
  }

  function update(): void {
    const question = current();
    const key = JSON.stringify([question, revealed(), revealed() && answer()]);
    if (key === shown) return;
    const within = el.contains((el.getRootNode() as Document | ShadowRoot).activeElement);
    shown = key;
    draft = question?.kind === "factor" ? 1 : null;
    el.hidden = question === null;
    if (question) build(question);
    else el.replaceChildren();
    put(root, "data-asked", question?.id ?? "");
    put(root, "data-asking", asking() ? question!.kind : "");
    root.classList.toggle("flowviz-asking", asking());
    lock(root);
    if (within) focusIn(el, root);
    if (root.classList.contains("flowviz-present")) requestAnimationFrame(() => el.scrollIntoView({ block: "nearest" }));
    hooks.redraw();
  }

  return { el, update, current, asking, given, draft: note, give, answer };
}

/** The keyboard stays where the question was. */
function focusIn(el: HTMLElement, root: HTMLElement): void {
  (el.querySelector<HTMLElement>(".flowviz-main-answer, button, input") ?? root).focus();
}

function button(text: string, run: () => void, main = false): HTMLButtonElement {
  const el = h("button", { type: "button", class: `flowviz-answer${main ? " flowviz-main-answer" : ""}` }, text);
  el.addEventListener("click", run);
  return el;
}

/** How an answer is given: buttons, a figure, a slider; points and sketches are given in the picture. */
function entry(question: Question, t: Say, give: (value: unknown) => void, note: (value: unknown) => void, sketch: () => void): HTMLElement {
  const el = h("div.choices");
  switch (question.kind) {
    case "choice":
      el.append(...(question.options ?? []).map((option) => button(option, () => give(option))));
      break;
    case "sign":
      el.append(...["+", "0", "−"].map((sign) => button(t(`sign ${sign}`), () => give(sign))));
      break;
    case "number":
      el.append(...numberEntry(question, t, give));
      break;
    case "factor":
      el.append(...factorEntry(t, give, note));
      break;
    default:
      el.append(h("span", {}, t(`how ${question.kind}`)));
      if (question.kind === "sketch") el.append(button(t("compare"), () => sketch(), true));
  }
  return el;
}

function numberEntry(question: Question, t: Say, give: (value: unknown) => void): HTMLElement[] {
  const input = h("input.text", { inputmode: "decimal", "aria-label": question.prompt, autocomplete: "off" });
  const tell = () => {
    const value = Number(input.value.trim().replace(",", ".").replace("−", "-"));
    const good = input.value.trim() !== "" && Number.isFinite(value);
    put(input, "aria-invalid", String(!good));
    if (good) give(value);
  };
  input.addEventListener("keydown", ({ key }) => key === "Enter" && tell());
  return [input, button(t("answer"), tell, true)];
}

/** Factors from 1/32 to 32, even steps of the logarithm. */
function factorEntry(t: Say, give: (value: unknown) => void, note: (value: unknown) => void): HTMLElement[] {
  const input = h("input", { type: "range", min: -5, max: 5, step: 0.05, value: 0, "aria-label": t("factor") });
  const output = h("output", {}, "×1.00");
  const value = () => 2 ** Number(input.value);
  input.addEventListener("input", () => {
    const text = `×${figure(value())}`;
    putText(output, text);
    put(input, "aria-valuetext", text);
    note(value());
  });
  const row = h("label.row", {}, h("span", {}, t("factor")), input, output);
  row.style.flexBasis = "100%";
  return [row, button(t("answer"), () => give(value()), true)];
}

function gapWords(question: Question, { given, truth, gap }: Answer, t: Say): string {
  switch (question.kind) {
    case "choice":
      return t("gap choice", { given: String(given), truth: String(truth) });
    case "sign":
      return t("gap choice", { given: t(`sign ${given}`), truth: t(`sign ${signOf(truth)}`) });
    case "number":
      return t("gap number", { given: plain(Number(given), 3), truth: plain(Number(truth), 3), gap: plain(Math.abs(gap ?? 0), 3) });
    case "factor":
      return t("gap factor", { given: figure(Number(given)), truth: figure(Number(truth)), gap: figure(Math.exp(Math.abs(gap ?? 0))) });
    case "point":
      return t("gap point", { gap: plain(gap ?? 0) });
    case "sketch":
      return "";
  }
}
