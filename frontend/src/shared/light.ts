/** One thing stands out everywhere: in the formula, the table, the code and the picture. */

export interface Lighter {
  /** Lights all elements that name this key in `data-key`; null: none stands out. */
  light(key: string | null): void;
  /** Hover lights a key while it lasts, a click until the next click, focus while it is there. */
  follow(el: HTMLElement, key: string): void;
  /** What is lit. */
  lit(): string | null;
}

export function createLighter(root: HTMLElement, changed: (key: string | null) => void = () => {}): Lighter {
  let held: string | null = null;
  let lit: string | null = null;

  function light(key: string | null): void {
    if (key === lit) return;
    lit = key;
    if (key) root.dataset["lit"] = key;
    else delete root.dataset["lit"];
    for (const el of root.querySelectorAll<HTMLElement>("[data-key]")) {
      el.classList.toggle("flowviz-lit", el.dataset["key"]!.split(" ").includes(key ?? ""));
    }
    changed(key);
  }

  function follow(el: HTMLElement, key: string): void {
    const pressable = el instanceof HTMLButtonElement;
    const hold = (key: string | null) => {
      held = key;
      if (pressable) el.setAttribute("aria-pressed", String(key !== null));
    };
    el.addEventListener("pointerenter", () => light(key));
    el.addEventListener("pointerleave", () => light(held));
    el.addEventListener("focusin", () => light(key));
    el.addEventListener("focusout", () => {
      hold(null);
      light(null);
    });
    if (!pressable) return;
    hold(null);
    el.addEventListener("click", () => {
      hold(held === key ? null : key);
      light(key);
    });
  }

  return { light, follow, lit: () => lit };
}
