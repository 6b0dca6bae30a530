/** Colours of the widgets: their own tokens, the host's where it has some, light and dark. */

import { luminance, parseColour, type Rgb } from "./colour";

export type ThemeName = "light" | "dark";

export interface Tokens {
  paper: string;
  ink: string;
  mute: string;
  line: string;
  soft: string;
  accent: string;
  /** Text and icons on the accent. */
  onaccent: string;
  /** The row, and the part of the strip, that is at work. */
  wash: string;
  washline: string;
  base: string;
  volume: string;
  decoder: string;
  encoder: string;
  /** What is not as it must be. */
  bad: string;
  /** Log-determinants, from areas that shrink to areas that grow: five even steps, neutral amid. */
  diverging: [string, string, string, string, string];
  density: [string, string, string, string, string];
  particle: string;
  particleAlpha: number;
  grid: string;
}

export const TOKENS: Record<ThemeName, Tokens> = {
  light: {
    paper: "#ffffff",
    ink: "#1b2330",
    mute: "#667085",
    line: "#e4e7ec",
    soft: "#f5f6f8",
    accent: "#2f4bd8",
    onaccent: "#ffffff",
    wash: "#eef0fd",
    washline: "#cbd2f3",
    base: "#475467",
    volume: "#00735c",
    decoder: "#8e3b74",
    encoder: "#a15c00",
    bad: "#b42318",
    diverging: ["#1f5fa8", "#8db4dc", "#f1efec", "#f0b37a", "#b85a00"],
    density: ["#ffffff", "#dee5fc", "#96aaf0", "#4058c8", "#161c58"],
    particle: "#d65c00",
    particleAlpha: 0.62,
    grid: "rgba(27, 35, 48, 0.24)",
  },
  dark: {
    paper: "#171b21",
    ink: "#e8ebf0",
    mute: "#98a2b3",
    line: "#2a313b",
    soft: "#1e242c",
    accent: "#8ea2ff",
    onaccent: "#12161c",
    wash: "#252a3c",
    washline: "#353e5e",
    base: "#a9b4c4",
    volume: "#3fc9a4",
    decoder: "#e08cc0",
    encoder: "#f0a94a",
    bad: "#ff9d8f",
    diverging: ["#6fb2ff", "#39638f", "#23282f", "#8a5a27", "#ffab4f"],
    density: ["#171b21", "#202c5c", "#3a54be", "#78a0ff", "#e6f0ff"],
    particle: "#ffaa50",
    particleAlpha: 0.75,
    grid: "rgba(232, 235, 240, 0.22)",
  },
};

/** What a canvas needs to know. */
export interface Palette {
  theme: ThemeName;
  paper: string;
  ink: string;
  mute: string;
  line: string;
  density: Rgb[];
  /** Contracts, neutral, expands. */
  diverging: Rgb[];
  /** The colours of the ledger's columns and of what is wrong, for lines and text. */
  base: string;
  volume: string;
  decoder: string;
  encoder: string;
  bad: string;
  accent: string;
  soft: string;
  particle: Rgb;
  particleAlpha: number;
  grid: string;
}

const HOST_VARIABLES = {
  paper: "--jp-layout-color0",
  ink: "--jp-ui-font-color0",
  line: "--jp-border-color2",
} as const;

/** Sets the colours of `root` and returns those that a canvas needs. */
export function applyTheme(root: HTMLElement, wanted: string): Palette {
  const host = hostTheme(root);
  const theme = wanted === "light" || wanted === "dark" ? wanted : host;
  const tokens = { ...TOKENS[theme], ...(theme === host ? hostColours(root, theme) : {}) };
  root.dataset["flowvizTheme"] = theme;
  root.style.setProperty("color-scheme", theme);
  for (const [name, value] of Object.entries(tokens)) {
    if (typeof value === "string") root.style.setProperty(`--flowviz-${name}`, value);
  }
  const paper = parseColour(tokens.paper)!;
  return {
    theme,
    paper: tokens.paper,
    ink: tokens.ink,
    mute: tokens.mute,
    line: tokens.line,
    density: [paper, ...tokens.density.slice(1).map((c) => parseColour(c)!)],
    diverging: tokens.diverging.map((c) => parseColour(c)!),
    base: tokens.base,
    volume: tokens.volume,
    decoder: tokens.decoder,
    encoder: tokens.encoder,
    bad: tokens.bad,
    accent: tokens.accent,
    soft: tokens.soft,
    particle: parseColour(tokens.particle)!,
    particleAlpha: tokens.particleAlpha,
    grid: tokens.grid,
  };
}

/** The host's own background, text and line, where they are plain colours that suit the theme. */
function hostColours(root: HTMLElement, theme: ThemeName): Partial<Tokens> {
  const style = getComputedStyle(root);
  const read = (name: string) => style.getPropertyValue(name).trim();
  const paper = parseColour(read(HOST_VARIABLES.paper));
  const ink = parseColour(read(HOST_VARIABLES.ink));
  if (!paper || !suits(paper, theme)) return {};
  const line = read(HOST_VARIABLES.line);
  return {
    paper: css(paper),
    ...(ink && suits(ink, theme === "light" ? "dark" : "light") ? { ink: css(ink) } : {}),
    ...(parseColour(line) ? { line } : {}),
  };
}

/** Light papers and dark papers on which the tokens keep their contrast. */
function suits(colour: Rgb, theme: ThemeName): boolean {
  return theme === "light" ? luminance(colour) > 0.9 : luminance(colour) < 0.012;
}

function css([r, g, b]: Rgb): string {
  return `rgb(${r}, ${g}, ${b})`;
}

/** The theme around an element: JupyterLab's, VS Code's, a class or data-theme, the system's. */
export function hostTheme(el: HTMLElement): ThemeName {
  const { body, documentElement } = el.ownerDocument;
  const jupyter = body.dataset["jpThemeLight"];
  if (jupyter) return jupyter === "false" ? "dark" : "light";
  const code = body.dataset["vscodeThemeKind"];
  if (code) return code.includes("light") ? "light" : "dark";
  for (const node of [...ancestors(el), body, documentElement]) {
    const named = node.dataset["theme"] ?? node.dataset["bsTheme"];
    if (named === "dark" || node.classList.contains("dark")) return "dark";
    if (named === "light" || node.classList.contains("light")) return "light";
  }
  return matchMedia("(prefers-color-scheme: dark)").matches ? "dark" : "light";
}

/** All elements around `el`, through the borders of shadow trees. */
export function* ancestors(el: HTMLElement): Generator<HTMLElement> {
  let node: Node | null = el;
  while (node) {
    node = node.parentNode ?? (node instanceof ShadowRoot ? node.host : null);
    if (node instanceof HTMLElement) yield node;
  }
}

/** Calls back when the host may have changed its theme, until `signal` aborts. */
export function watchTheme(el: HTMLElement, changed: () => void, signal: AbortSignal): void {
  const { body, documentElement } = el.ownerDocument;
  const observer = new MutationObserver(changed);
  const attributeFilter = [
    "class",
    "data-theme",
    "data-bs-theme",
    "data-jp-theme-light",
    "data-jp-theme-name",
    "data-vscode-theme-kind",
  ];
  for (const node of [body, documentElement]) observer.observe(node, { attributes: true, attributeFilter });
  matchMedia("(prefers-color-scheme: dark)").addEventListener("change", changed, { signal });
  signal.addEventListener("abort", () => observer.disconnect());
}

/** The colour of a log-determinant on the diverging scale; `most` and beyond are its ends. */
export function divergingColour(palette: Pick<Palette, "diverging">, value: number, most: number): string {
  const stops = palette.diverging;
  const at = (Math.min(1, Math.max(-1, value / most)) + 1) * 0.5 * (stops.length - 1);
  const k = Math.min(Math.floor(at), stops.length - 2);
  const byte = (c: 0 | 1 | 2) => Math.round(stops[k]![c] + (at - k) * (stops[k + 1]![c] - stops[k]![c]));
  return `rgb(${byte(0)}, ${byte(1)}, ${byte(2)})`;
}
