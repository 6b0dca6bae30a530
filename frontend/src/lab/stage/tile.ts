/** The tile picture: three inputs, four copies with noise that cancels, two outputs, and the bill. */

import { h, putText } from "../../shared/dom";
import { plain, signed } from "../../shared/numbers";
import { COLUMNS } from "../../shared/trace";
import { Board, css, type Point } from "../board";
import { inks } from "../inks";
import type { Scene } from "../scene";
import { within } from "../state";
import { handle, hushed, strong, type Hooks, type Stage } from "./stage";

/** Places of the nodes; a node stands higher by its value. */
const X = [-3.1, 0, 3.1];
const INPUTS: Point[] = [[X[0]!, 1.5], [X[0]!, 0], [X[0]!, -1.5]];
const COPIES: Point[] = [[X[1]!, 1.65], [X[1]!, 0.55], [X[1]!, -0.55], [X[1]!, -1.65]];
const OUTPUTS: Point[] = [[X[2]!, 1.1], [X[2]!, -1.1]];
const WIRES = [[0, 0], [1, 1], [1, 2], [2, 3]] as const;

export function createTile(hooks: Hooks): Stage {
  const [net, bill] = [new Board("data"), new Board("bill")];
  const [title, billTitle] = [h("figcaption"), h("figcaption")];
  bill.el.tabIndex = -1;
  bill.el.setAttribute("role", "img");
  let chosen = 1;

  function draw(scene: Scene): void {
    putText(title, hooks.t("side.tile"));
    putText(billTitle, hooks.t("bill"));
    drawNet(scene);
    drawBill(scene);
  }

  function drawNet(scene: Scene): void {
    const { palette, x, z, map } = scene;
    const ink = inks(palette.theme);
    net.begin(palette, { center: [0, 0.05], radius: 4.4, rise: 2.75 });
    net.lines();
    const copies = map.stages!(x, z);
    const noise = copies[2]! - x[1]!;
    for (const [from, to] of WIRES) net.line([...INPUTS[from]!, ...COPIES[to]!], from === 1 ? ink.encoder : ink.mute, 1.8 * (from === 1 ? strong(hooks, "encoder") : 1), from === 1 ? [6, 4] : []);
    COPIES.forEach((place, i) => net.line([...place, ...OUTPUTS[i >> 1]!], ink.volume, 2.2 * strong(hooks, "volume")));
    const kernel = map.facts["kernel"] as number[];
    COPIES.forEach(([px, py], i) => {
      const [ox, oy] = OUTPUTS[i >> 1]!;
      net.say(`×${plain(kernel[i % 2]!)}`, net.x(px + 0.58 * (ox - px)), net.y(py + 0.58 * (oy - py)) - 6, ink.volume, { size: 12, align: "center" });
    });
    net.say(`−v = ${signed(-noise)}`, net.x(-1.75), net.y(0.5) - 8, ink.encoder, { align: "center" });
    net.say(`+v = ${signed(noise)}`, net.x(-1.75), net.y(-0.5) + 18, ink.encoder, { align: "center" });
    INPUTS.forEach((place, i) => drawNode(place, x[i]!, `x${"₁₂₃"[i]}`, css(palette.particle), i === chosen));
    COPIES.forEach((place, i) => drawNode(place, copies[i]!, "", ink.ink, false));
    OUTPUTS.forEach((place, i) => drawNode(place, z[i]!, `z${"₁₂"[i]}`, ink.accent, false));
    ["tile.in", "tile.copies", "tile.out"].forEach((key, i) => net.say(hooks.t(key), net.x(X[i]!), 18, palette.mute, { align: "center", size: 12.5 }));
    net.describe(hooks.t("side.tile"), hooks.t("tile.node", { name: `x${chosen + 1}`, value: plain(x[chosen]!) }));
  }

  /** A disc that is filled up to its value, -3 to 3. */
  function drawNode(at: Point, value: number, name: string, colour: string, strong: boolean): void {
    const { context } = net;
    const [px, py, r] = [net.x(at[0]), net.y(at[1]), 23];
    context.beginPath();
    context.arc(px, py, r, 0, 2 * Math.PI);
    context.fillStyle = net.palette.paper;
    context.fill();
    context.save();
    context.clip();
    context.globalAlpha = 0.24;
    context.fillStyle = colour;
    const level = within((value + 3) / 6, 0, 1);
    context.fillRect(px - r, py + r - 2 * r * level, 2 * r, 2 * r * level);
    context.restore();
    context.beginPath();
    context.arc(px, py, r, 0, 2 * Math.PI);
    net.stroke(colour, strong ? 3.4 : 1.8);
    net.say(plain(value), px, py + 4.5, net.palette.ink, { align: "center", size: 13, weight: 600 });
    if (name) net.say(name, at[0] < 0 ? px - r - 8 : px + r + 8, py + 5, colour, { align: at[0] < 0 ? "right" : "left", size: 14, weight: 600 });
  }

  /** Base, volume, decoder, encoder one under the other, each where the one before has ended. */
  function drawBill({ palette, account }: Scene): void {
    const ink = inks(palette.theme);
    const rows = [["base", account.base[0]!] as const, ...COLUMNS.map((column) => [column, account[column]?.[0] ?? 0] as const)];
    let sum = 0;
    const ends = rows.map(([, value]) => (sum += value));
    const low = Math.min(0, ...ends) - 0.8;
    const high = Math.max(0, ...ends) + 0.8;
    bill.begin(palette, { center: [(low + high) / 2, -2], radius: (high - low) / 2, rise: 2.6 });
    bill.lines();
    if (hushed(hooks)) return bill.describe(hooks.t("bill"), "");
    bill.line([0, 1, 0, -5], palette.line, 1.4);
    rows.forEach(([name, value], i) => {
      const [from, to, y] = [ends[i]! - value, ends[i]!, -i];
      bill.fill([from, y + 0.34, to, y + 0.34, to, y - 0.34, from, y - 0.34], ink[name], 0.4 * strong(hooks, name) * (hooks.lit() ? 1 : 2));
      if (i < rows.length - 1) bill.line([to, y - 0.34, to, y - 0.66], palette.mute, 1, [2, 2]);
      const [start, end] = [bill.x(Math.min(from, to)), bill.x(Math.max(from, to))];
      const words = `${hooks.t(`term.${name}`)} ${signed(value)}`;
      const align = start > 150 ? "right" : bill.frame.width - end > 150 ? "left" : "center";
      const place = { right: start - 8, left: end + 8, center: (start + end) / 2 }[align];
      bill.say(words, place, bill.y(y) + 4, align === "center" ? ink.ink : ink[name], { align, size: 12.5 });
    });
    bill.line([sum, -3.4, sum, -3.9], ink.ink, 2);
    bill.say(`log p(x) ≥ ${plain(sum)}`, within(bill.x(sum), 60, bill.frame.width - 60), bill.frame.height - 6, ink.ink, { align: "center", weight: 700 });
    bill.describe(hooks.t("bill"), rows.map(([name, value]) => `${hooks.t(`term.${name}`)} ${signed(value)}`).join(", "));
  }

  function put(value: number, last: boolean): void {
    const probe = [...hooks.scene().x];
    probe[chosen] = within(value, -3, 3);
    hooks.set({ probe }, last);
  }

  let start = { y: 0, value: 0 };
  handle(net, "data", hooks, {
    down(at, px) {
      const found = INPUTS.findIndex(([x, y]) => Math.hypot(net.x(x) - px[0], net.y(y) - px[1]) < 34);
      if (found < 0) return false;
      chosen = found;
      start = { y: at[1], value: hooks.scene().x[found]! };
      put(start.value + 1e-9, false);
      return true;
    },
    move: (at, last) => put(start.value + 1.6 * (at[1] - start.y), last),
    arrow(dx, dy, fine) {
      chosen = (chosen + dx + 3) % 3;
      put(hooks.scene().x[chosen]! + dy * (fine ? 0.02 : 0.2) + 1e-9 * dx, true);
    },
  });

  return {
    el: h("div", { class: "flowviz-views" }, h("figure", {}, title, net.el), h("figure", {}, billTitle, bill.el)),
    boards: [net, bill],
    draw,
    resize(width, _tall, ratio) {
      net.resize(width, 300, ratio);
      bill.resize(width, 148, ratio);
    },
  };
}
