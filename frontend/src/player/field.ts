/** Blocks of the mesh in the picture: one outlined, or all in the colours of what has become of their area. */

import type { Frame } from "../shared/raster";
import type { Say } from "../shared/strings";
import { divergingColour, type Palette } from "../shared/theme";
import { ringArea, type Blocks } from "./blocks";

/** Nats at the ends of the diverging scale. */
const MOST = 2;

export function ringPath(context: CanvasRenderingContext2D, corners: Float32Array, ring: number[], frame: Frame): void {
  context.beginPath();
  ring.forEach((corner, k) => {
    const x = (corners[2 * corner]! - frame.left) * frame.scale;
    const y = (frame.top - corners[2 * corner + 1]!) * frame.scale;
    if (k === 0) context.moveTo(x, y);
    else context.lineTo(x, y);
  });
  context.closePath();
}

export function drawBlock(context: CanvasRenderingContext2D, corners: Float32Array, ring: number[], frame: Frame, palette: Palette): void {
  ringPath(context, corners, ring, frame);
  context.lineJoin = "round";
  context.strokeStyle = palette.paper;
  context.lineWidth = 4.5;
  context.stroke();
  context.strokeStyle = palette.volume;
  context.lineWidth = 2.2;
  context.stroke();
  context.globalAlpha = 0.16;
  context.fillStyle = palette.volume;
  context.fill();
  context.globalAlpha = 1;
}

/** Each block by the log of its area now over its area on the data side; what expands has a firm edge, what contracts a dashed one. */
export function drawField(
  context: CanvasRenderingContext2D,
  blocks: Blocks,
  start: Float32Array,
  corners: Float32Array,
  frame: Frame,
  palette: Palette,
  t: Say,
): void {
  for (let block = 0; block < blocks.side ** 2; block++) {
    const ring = blocks.ring(block);
    const change = Math.log(ringArea(corners, ring) / ringArea(start, ring));
    ringPath(context, corners, ring, frame);
    context.fillStyle = divergingColour(palette, change, MOST);
    context.fill();
    context.strokeStyle = palette.mute;
    context.lineWidth = 0.5;
    context.setLineDash(change < 0 ? [2, 2] : []);
    context.stroke();
  }
  context.setLineDash([]);
  drawScale(context, frame, palette, t);
}

function drawScale(context: CanvasRenderingContext2D, { width }: Frame, palette: Palette, t: Say): void {
  const [wide, x, y] = [150, width - 158, 10];
  for (let i = 0; i < wide; i++) {
    context.fillStyle = divergingColour(palette, (i / (wide - 1)) * 2 - 1, 1);
    context.fillRect(x + i, y, 1, 7);
  }
  context.font = "11px system-ui, sans-serif";
  context.fillStyle = palette.ink;
  context.textBaseline = "top";
  context.textAlign = "left";
  context.fillText(t("contracts"), x, y + 10);
  context.textAlign = "right";
  context.fillText(t("expands"), x + wide, y + 10);
}
