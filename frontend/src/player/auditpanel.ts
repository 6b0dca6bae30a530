/** The audit beside the picture: two integrals, one block followed, and terms that can be broken. */

import { toggle } from "../shared/controls";
import { h, putText } from "../shared/dom";
import { figure } from "../shared/numbers";
import { meter } from "../shared/parts";
import type { Say } from "../shared/strings";
import type { Trace } from "../shared/trace";
import { BREAKS, claimedMass, isBroken } from "./audit";

/** A block of mesh cells, now. */
export interface BlockNow {
  area: number;
  mass: number;
}

export interface AuditPanel {
  el: HTMLElement;
  update(broken: string[], inPicture: number, block: BlockNow | null): void;
}

/** The plain sum's own error. */
const TOLERANCE = 0.01;

export function createAuditPanel(trace: Trace, t: Say, set: (broken: string[]) => void): AuditPanel {
  const { layers } = trace.meta;
  const audit = trace.audit;
  const claimed = meter("claimed", t("audit claimed", { cells: audit?.cells ?? 0 }));
  const painted = meter("painted", t("audit painted"));
  const block = h("p.block");
  const note = h("p.auditnote");
  const rows = layers.map((layer, l) => breakRow(`${l + 1} ${t(layer.title)}`, t, (value) => change(l, value)));
  const every = breakRow(t("all layers"), t, (value) => set(layers.map(() => value)));
  const scroll = h("div.breaks", {}, ...rows.map((row) => row.el), layers.length > 1 ? every.el : null);
  const el = h("div.audit", { role: "group", "aria-label": t("audit"), "data-control": "breaks" });
  el.append(...(audit ? [claimed.el] : []), painted.el, block, h("p.caption", {}, t("break it")), scroll, note);
  let broken: string[] = [];
  let counted = "";

  function change(l: number, value: string): void {
    set(layers.map((_, k) => (k === l ? value : (broken[k] ?? ""))));
  }

  function count(): void {
    const mass = audit ? claimedMass(audit, broken) : 1;
    const good = Math.abs(mass - 1) < TOLERANCE;
    claimed.show(mass, { good, note: t(good ? "audit good" : "audit bad") });
    putText(note, isBroken(broken) ? t("broken flow") : t("audit note"));
  }

  return {
    el,
    update(given, inPicture, now) {
      broken = given;
      const key = JSON.stringify(broken);
      if (key !== counted) {
        counted = key;
        count();
        rows.forEach((row, l) => row.set(broken[l] ?? ""));
        every.set(layers.every((_, l) => broken[l] === broken[0]) ? (broken[0] ?? "") : "mixed");
      }
      painted.show(inPicture, { good: !isBroken(broken) && inPicture < 1 + TOLERANCE });
      if (now) putText(block, t("audit block", { area: figure(now.area), density: figure(now.mass / now.area), mass: figure(now.mass) }));
    },
  };
}

function breakRow(title: string, t: Say, choose: (value: string) => void) {
  const el = h("div.break", { role: "group", "aria-label": title }, h("span", {}, title));
  const buttons = BREAKS.map((value) => {
    const one = toggle(t(`break ${value}`), t(`break ${value} title`), () => choose(value));
    el.append(one.el);
    return { value, one };
  });
  return { el, set: (chosen: string) => buttons.forEach(({ value, one }) => one.set(value === chosen)) };
}
