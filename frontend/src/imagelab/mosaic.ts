/** Where each number of z lies in its picture: the channels of a map side by side, else in rows. */

export interface Mosaic {
  rows: number;
  columns: number;
  /** [row, column] of number i. */
  place(i: number): [number, number];
  /** The number at a place; -1 where there is none. */
  at(row: number, column: number): number;
}

/** As many numbers as fit beside each other as bars. */
const FEW = 16;

export function mosaicOf(shape: number[]): Mosaic {
  const size = shape.reduce((a, b) => a * b, 1);
  const [channels, height, width] = shape;
  if (size > FEW && shape.length === 3 && width! > 1) return tiled(channels!, height!, width!);
  const columns = size <= FEW ? size : Math.ceil(Math.sqrt(2 * size));
  const rows = Math.ceil(size / columns);
  return {
    rows,
    columns,
    place: (i) => [Math.floor(i / columns), i % columns],
    at: (row, column) => (inside(row, column, rows, columns) && row * columns + column < size ? row * columns + column : -1),
  };
}

function tiled(channels: number, height: number, width: number): Mosaic {
  const across = Math.ceil(Math.sqrt(channels));
  const [rows, columns] = [Math.ceil(channels / across) * height, across * width];
  return {
    rows,
    columns,
    place(i) {
      const [c, y, x] = [Math.floor(i / (height * width)), Math.floor(i / width) % height, i % width];
      return [Math.floor(c / across) * height + y, (c % across) * width + x];
    },
    at(row, column) {
      if (!inside(row, column, rows, columns)) return -1;
      const c = Math.floor(row / height) * across + Math.floor(column / width);
      return c < channels ? (c * height + (row % height)) * width + (column % width) : -1;
    },
  };
}

function inside(row: number, column: number, rows: number, columns: number): boolean {
  return row >= 0 && column >= 0 && row < rows && column < columns;
}
