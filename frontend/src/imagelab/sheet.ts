/** The sheet that is drawn on: a round brush, an eraser, one image of bytes. */

export type Tool = "brush" | "erase";

const RADIUS = 1.15;
const SOFT = 0.9;

export interface Sheet {
  image: Uint8Array<ArrayBuffer>;
  set(bytes: Uint8Array): void;
  /** A stroke from one place to another, in pixels of the image (column, row). */
  stroke(from: [number, number], to: [number, number], tool: Tool): void;
  clear(): void;
}

export function createSheet([channels, rows, columns]: [number, number, number]): Sheet {
  const image = new Uint8Array(channels * rows * columns);

  function dab(x: number, y: number, tool: Tool): void {
    const reach = Math.ceil(RADIUS + SOFT);
    for (let r = Math.max(0, Math.floor(y) - reach); r <= Math.min(rows - 1, Math.floor(y) + reach); r++) {
      for (let c = Math.max(0, Math.floor(x) - reach); c <= Math.min(columns - 1, Math.floor(x) + reach); c++) {
        const distance = Math.hypot(c + 0.5 - x, r + 0.5 - y);
        const ink = 255 * Math.min(1, Math.max(0, 1 - (distance - RADIUS) / SOFT));
        const at = r * columns + c;
        const value = tool === "brush" ? Math.max(image[at]!, ink) : Math.min(image[at]!, 255 - ink);
        for (let k = 0; k < channels; k++) image[k * rows * columns + at] = Math.round(value);
      }
    }
  }

  return {
    image,
    set: (bytes) => image.set(bytes),
    clear: () => void image.fill(0),
    stroke(from, to, tool) {
      const steps = Math.max(1, Math.ceil(Math.hypot(to[0] - from[0], to[1] - from[1]) / 0.4));
      for (let i = 0; i <= steps; i++) dab(from[0] + (i / steps) * (to[0] - from[0]), from[1] + (i / steps) * (to[1] - from[1]), tool);
    },
  };
}
