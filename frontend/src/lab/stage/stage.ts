/** What a stage is: the boards on the left of the widget, drawn from one scene. */

import { aimOn } from "../../shared/aim";
import type { QuestionCard } from "../../shared/question";
import type { Say } from "../../shared/strings";
import type { Board, Point } from "../board";
import type { Scene } from "../scene";

/** What the hand can do on a board. */
export interface Hooks {
  scene(): Scene;
  /** Changes traits; `last` when the hand lets go. */
  set(changes: Record<string, unknown>, last: boolean): void;
  t: Say;
  question: QuestionCard;
  /** The term that is lit in the equation, the table or the code. */
  lit(): string | null;
  signal: AbortSignal;
}

export interface Stage {
  el: HTMLElement;
  boards: Board[];
  /** Room in CSS pixels: the width is filled, the height is what looks good. */
  resize(width: number, tall: boolean, ratio: number): void;
  draw(scene: Scene): void;
}

export interface Hand {
  /** Takes hold; false where there is nothing to hold. */
  down(at: Point, px: Point): boolean;
  move(at: Point, last: boolean): void;
  /** Arrow keys: steps to the right and up, fine with Shift. */
  arrow?(dx: number, dy: number, fine: boolean): void;
}

const ARROWS: Record<string, Point> = {
  ArrowLeft: [-1, 0],
  ArrowRight: [1, 0],
  ArrowUp: [0, 1],
  ArrowDown: [0, -1],
};

/** Whether an open question wants its answer on this board: points on the latent side, if nothing else is said. */
export function wanted({ question }: Hooks, side: string): "point" | "sketch" | null {
  const open = question.asking() ? question.current() : null;
  if (!open || (open.kind !== "point" && open.kind !== "sketch")) return null;
  return ((open["of"] as string | undefined) ?? "latent") === side ? open.kind : null;
}

/** What an open question asks for; "": none is open. What would tell its answer is not drawn. */
export function asked({ question }: Hooks): string {
  return question.asking() ? question.current()!.kind : "";
}

/** Whether it asks for a figure of the ledger. */
export function hushed(hooks: Hooks): boolean {
  return ["number", "sign", "factor"].includes(asked(hooks));
}

/** What belongs to a term is drawn so much stronger while the term is lit. */
export function strong(hooks: Hooks, term: string): number {
  return hooks.lit() === term ? 2.4 : 1;
}

/** Pointer (mouse, pen, finger) and arrow keys on a board; answers to open questions come first. */
export function handle(board: Board, side: string, hooks: Hooks, hand: Hand): void {
  const { el } = board;
  const { question } = hooks;
  const wants = () => wanted(hooks, side);
  const aiming = aimOn(
    el,
    { locate: (x, y) => board.at(x, y), wants, draft: question.draft, give: question.give },
    hooks.signal,
  );
  let held = -1;
  const place = (event: PointerEvent): Point => {
    const box = el.getBoundingClientRect();
    return [event.clientX - box.left, event.clientY - box.top];
  };
  el.addEventListener("pointerdown", (event) => {
    if (event.button !== 0 || wants()) return;
    const px = place(event);
    if (!hand.down(board.at(...px), px)) return;
    held = event.pointerId;
    el.setPointerCapture(held);
    el.dataset["held"] = "1";
  });
  el.addEventListener("pointermove", (event) => {
    if (event.pointerId === held) hand.move(board.at(...place(event)), false);
  });
  for (const end of ["pointerup", "pointercancel"] as const) {
    el.addEventListener(end, (event) => {
      if (event.pointerId !== held) return;
      held = -1;
      delete el.dataset["held"];
      hand.move(board.at(...place(event)), true);
    });
  }
  el.addEventListener("keydown", (event) => {
    if (aiming.key(event)) {
      event.preventDefault();
      event.stopPropagation();
      return;
    }
    const arrow = ARROWS[event.key];
    if (!arrow || !hand.arrow || event.ctrlKey || event.metaKey || event.altKey) return;
    event.preventDefault();
    event.stopPropagation();
    hand.arrow(arrow[0], arrow[1], event.shiftKey);
  });
}
