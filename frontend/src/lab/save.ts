/** The stage as a PNG: its boards one under the other, as they stand. */

import { downloadCanvas } from "../shared/controls";
import { h } from "../shared/dom";
import type { Board } from "./board";

export function saveBoards(boards: Board[], name: string): void {
  const shown = boards.filter(({ el }) => el.offsetParent !== null);
  if (!shown.length) return;
  const boxes = shown.map(({ el }) => el.getBoundingClientRect());
  const [left, top] = [Math.min(...boxes.map((box) => box.left)), Math.min(...boxes.map((box) => box.top))];
  const [right, bottom] = [Math.max(...boxes.map((box) => box.right)), Math.max(...boxes.map((box) => box.bottom))];
  const ratio = shown[0]!.el.width / boxes[0]!.width;
  const sheet = h("canvas", { width: Math.round((right - left) * ratio), height: Math.round((bottom - top) * ratio) });
  const context = sheet.getContext("2d")!;
  context.fillStyle = shown[0]!.palette.paper;
  context.fillRect(0, 0, sheet.width, sheet.height);
  shown.forEach(({ el }, i) => {
    const box = boxes[i]!;
    context.drawImage(el, (box.left - left) * ratio, (box.top - top) * ratio, box.width * ratio, box.height * ratio);
  });
  downloadCanvas(sheet, `${name}.png`);
}
