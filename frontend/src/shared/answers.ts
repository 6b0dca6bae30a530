/** The sheet of answers for the teacher: the file that Python's `save_answers` writes. */

import type { Model } from "./afm";
import { canDownload, download } from "./controls";
import { h } from "./dom";
import { listen } from "./drawn";
import { stateOf } from "./fragment";
import type { Say } from "./strings";

/** A row of the panel of keys, there once something is answered. */
export function offerAnswers(root: HTMLElement, name: string, model: Model, t: Say, signal: AbortSignal): void {
  const answers = () => model.get<unknown[] | undefined>("answers") ?? [];
  const save = h("button", { type: "button", class: "flowviz-answer" }, t("save answers"));
  const row = h("div.choices", { "data-control": "answers" }, h("span", {}, t("answers")), save);
  const show = () => void (row.hidden = answers().length === 0);
  save.addEventListener("click", () => {
    const sheet = { widget: name, title: titleOf(root, model), answers: answers(), state: stateOf(name, model) };
    download(new Blob([JSON.stringify(sheet, null, 1)], { type: "application/json" }), "answers.json");
  });
  if (canDownload()) root.querySelector(".flowviz-help")?.append(row);
  listen(model, signal, ["answers"], show);
  show();
}

/** An exported page is called what its widget is called. */
function titleOf(root: HTMLElement, model: Model): string {
  return model.get("addressed") ? document.title : (root.querySelector(".flowviz-title")?.textContent ?? "");
}
