/** Numbers in words and figures: a real minus sign, two decimals, never a stray sign on zero. */

const MINUS = "\u2212";

export function plain(value: number, digits = 2): string {
  if (Number.isNaN(value)) return "not a number";
  if (!Number.isFinite(value)) return value > 0 ? "∞" : `${MINUS}∞`;
  const text = Math.abs(value).toFixed(digits);
  return (value < 0 && Number(text) !== 0 ? MINUS : "") + text;
}

/** With a plus sign where the value is above zero. */
export function signed(value: number, digits = 2): string {
  const text = plain(value, digits);
  return value > 0 && Number(text) !== 0 ? `+${text}` : text;
}

/** A positive number in two or three figures, in powers of ten where it is very small or large. */
export function figure(value: number, figures = 3): string {
  if (value === 0 || !Number.isFinite(value)) return plain(value, 0);
  const power = Math.floor(Math.log10(Math.abs(value)));
  if (power >= -3 && power < 5) return trimmed(value, figures, power);
  const mantissa = plain(value / 10 ** power, figures - 1);
  return `${mantissa}×10${superscript(power)}`;
}

function trimmed(value: number, figures: number, power: number): string {
  return plain(value, Math.max(0, figures - 1 - power));
}

function superscript(power: number): string {
  const digits = [...String(Math.abs(power))].map((d) => "⁰¹²³⁴⁵⁶⁷⁸⁹"[Number(d)]).join("");
  return (power < 0 ? "⁻" : "") + digits;
}

export function pair([x, y]: readonly [number, number]): string {
  return `(${plain(x)}, ${plain(y)})`;
}

/** 1234 -> "1,234". */
export function count(n: number): string {
  return String(n).replace(/\B(?=(\d{3})+$)/g, ",");
}
