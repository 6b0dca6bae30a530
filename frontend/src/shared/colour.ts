/** Colours as bytes, and the square-root colour scale of densities. */

export type Rgb = readonly [number, number, number];

/** "#rgb", "#rrggbb", "rgb(...)" or "rgba(...)"; null where the text is not an opaque colour. */
export function parseColour(text: string): Rgb | null {
  const value = text.trim();
  const hex = /^#([0-9a-f]{3}|[0-9a-f]{6})$/i.exec(value)?.[1];
  if (hex) {
    const digits = hex.length === 3 ? [...hex].map((d) => d + d) : hex.match(/../g)!;
    return digits.map((d) => parseInt(d, 16)) as unknown as Rgb;
  }
  const parts = /^rgba?\(([^)]+)\)$/i.exec(value)?.[1]?.split(/[\s,/]+/).map(Number);
  if (!parts || parts.length < 3 || parts.some(Number.isNaN) || (parts[3] ?? 1) < 1) return null;
  return [parts[0]!, parts[1]!, parts[2]!];
}

/** Relative luminance of WCAG 2. */
export function luminance(colour: Rgb): number {
  const [r, g, b] = colour.map((byte) => {
    const c = byte / 255;
    return c <= 0.04045 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4;
  }) as [number, number, number];
  return 0.2126 * r + 0.7152 * g + 0.0722 * b;
}

/** Contrast ratio of WCAG 2, 1 to 21. */
export function contrast(a: Rgb, b: Rgb): number {
  const [dark, light] = [luminance(a), luminance(b)].sort((p, q) => p - q) as [number, number];
  return (light + 0.05) / (dark + 0.05);
}

export const RAMP_STEPS = 1024;

/** `RAMP_STEPS` pixels (ABGR words, as ImageData holds them) straight between the stops. */
export function ramp(stops: readonly Rgb[]): Uint32Array {
  const words = new Uint32Array(RAMP_STEPS);
  for (let i = 0; i < RAMP_STEPS; i++) {
    const at = (i / (RAMP_STEPS - 1)) * (stops.length - 1);
    const k = Math.min(Math.floor(at), stops.length - 2);
    const byte = (c: 0 | 1 | 2) => Math.round(stops[k]![c] + (at - k) * (stops[k + 1]![c] - stops[k]![c]));
    words[i] = word(byte(0), byte(1), byte(2));
  }
  return words;
}

export function word(r: number, g: number, b: number): number {
  return ((255 << 24) | (b << 16) | (g << 8) | r) >>> 0;
}

/** Colours of densities: the square root of their share of `top` chooses the step of the ramp. */
export function paintDensities(
  densities: Float32Array,
  top: number,
  colours: Uint32Array,
  out: Uint32Array,
  start: number,
): void {
  const gain = (RAMP_STEPS - 1) ** 2 / top;
  for (let i = 0; i < densities.length; i++) {
    const step = (Math.sqrt(densities[i]! * gain) + 0.5) | 0;
    out[start + i] = colours[step < RAMP_STEPS ? step : RAMP_STEPS - 1]!;
  }
}
