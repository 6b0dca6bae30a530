/** A canvas and its pen, as sharp as the screen. */

/** A pen that draws in pixels of the layout, on a canvas of width x height of them, `scale` times as large. */
export function penOf(canvas: HTMLCanvasElement, width: number, height: number, scale = 1): CanvasRenderingContext2D {
  const ratio = (window.devicePixelRatio || 1) * scale;
  const [w, h] = [Math.round(width * ratio), Math.round(height * ratio)];
  if (canvas.width !== w) canvas.width = w;
  if (canvas.height !== h) canvas.height = h;
  const pen = canvas.getContext("2d")!;
  pen.setTransform(ratio, 0, 0, ratio, 0, 0);
  return pen;
}
