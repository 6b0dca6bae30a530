/** Elements, icons and listeners in few words. */

export type Child = Node | string | null;

type Attributes = Record<string, string | number | boolean | null>;

type Tag = keyof HTMLElementTagNameMap;

/** An element: "div.card.main" is a div of the classes flowviz-card and flowviz-main. */
export function h<K extends Tag>(
  spec: K | `${K}.${string}`,
  attributes: Attributes = {},
  ...children: Child[]
): HTMLElementTagNameMap[K] {
  const [tag, ...classes] = spec.split(".") as [K, ...string[]];
  const el = document.createElement(tag);
  for (const name of classes) el.classList.add(`flowviz-${name}`);
  setAttributes(el, attributes);
  for (const child of children) if (child !== null) el.append(child);
  return el;
}

function setAttributes(el: Element, attributes: Attributes): void {
  for (const [name, value] of Object.entries(attributes)) {
    if (value === null || value === false) el.removeAttribute(name);
    else el.setAttribute(name, value === true ? "" : String(value));
  }
}

/** Writes an attribute only where it changes: attribute writes wake observers and styles. */
export function put(el: Element, name: string, value: string): void {
  if (el.getAttribute(name) !== value) el.setAttribute(name, value);
}

export function putText(el: Element, text: string): void {
  if (el.textContent !== text) el.textContent = text;
}

/** Icons as paths in a 24 x 24 box: no host is sure to have the glyphs. */
export const ICONS = {
  play: ["M8 5.5v13l10.5-6.5z", "fill"],
  pause: ["M7.5 5.5h3v13h-3zM13.5 5.5h3v13h-3z", "fill"],
  previous: ["M14.5 6l-6 6 6 6", "line"],
  next: ["M9.5 6l6 6-6 6", "line"],
  minus: ["M6 12h12", "line"],
  plus: ["M6 12h12M12 6v12", "line"],
  save: ["M12 4v11M7.5 11l4.5 4.5 4.5-4.5M5 19.5h14", "line"],
  close: ["M7 7l10 10M17 7L7 17", "line"],
  keys: ["M3.5 7h17v10h-17zM7 10.2h.01M10.3 10.2h.01M13.7 10.2h.01M17 10.2h.01M8 13.8h8", "line"],
} as const;

export type IconName = keyof typeof ICONS;

const SVG = "http://www.w3.org/2000/svg";

export function icon(name: IconName): SVGSVGElement {
  const svg = document.createElementNS(SVG, "svg");
  const path = document.createElementNS(SVG, "path");
  setAttributes(svg, { viewBox: "0 0 24 24", "aria-hidden": "true", class: "flowviz-icon" });
  setAttributes(path, { d: ICONS[name][0], class: `flowviz-${ICONS[name][1]}` });
  svg.append(path);
  return svg;
}

/** Waits for the last of several calls in one turn. */
export function once(run: () => void): () => void {
  let waiting = false;
  return () => {
    if (waiting) return;
    waiting = true;
    setTimeout(() => {
      waiting = false;
      run();
    });
  };
}
