/** Copies of lists with one thing changed. */

export function replaced<T>(values: readonly T[], k: number, value: T): T[] {
  return values.map((one, i) => (i === k ? value : one));
}

export function without<T>(values: readonly T[], k: number): T[] {
  return values.filter((_, i) => i !== k);
}
