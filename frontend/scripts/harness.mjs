// Writes pages that play made-up traces with no kernel, for looking and measuring:
//   npm run harness -- FOLDER
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { pathToFileURL } from "node:url";
import * as esbuild from "esbuild";
import { ROOT, STATIC } from "./bundle.mjs";

const folder = process.argv[2];
if (!folder) throw new Error("expected a folder to write the pages to");
mkdirSync(folder, { recursive: true });

const TEXTS = path.join(ROOT, "..", "flowviz", "widgets", "texts", "en");
const read = (name) => JSON.parse(readFileSync(path.join(TEXTS, `${name}.json`), "utf8"));
const texts = { ...read("shared"), ...read("player") };
const { fixture } = await loadFixture();
const pages = {
  four: fixture({ count: 1000, cells: 64 }),
  twenty: fixture({ count: 1000, cells: 48, repeats: 5 }),
  mixed: fixture({ count: 1000, cells: 48, mixed: true }),
  large: fixture({ count: 20_000, cells: 64 }),
  huge: fixture({ count: 100_000, cells: 64 }),
};
for (const [name, { meta, payload }] of Object.entries(pages)) write(name, meta, Buffer.from(payload));
write("broken", { ...pages.four.meta, frames: 7 }, Buffer.from(pages.four.payload));

async function loadFixture() {
  const temporary = mkdtempSync(path.join(tmpdir(), "flowviz-"));
  const outfile = path.join(temporary, "fixture.mjs");
  const entryPoints = [path.join(ROOT, "test", "fixture.ts")];
  await esbuild.build({ entryPoints, outfile, bundle: true, platform: "node", format: "esm" });
  const module = await import(pathToFileURL(outfile).href);
  rmSync(temporary, { recursive: true });
  return module;
}

function write(name, meta, payload) {
  const state = {
    meta, payload: payload.toString("base64"), position: 0, playing: false, speed: 1, direction: "normalize",
    show_density: true, show_particles: true, show_grid: true, selected: -1, theme: "auto", texts,
  };
  const policy = "default-src 'none'; style-src 'unsafe-inline'; script-src 'unsafe-inline'; img-src data: blob:";
  const json = JSON.stringify(state).replaceAll("<", "\\u003c");
  const script = readFileSync(path.join(STATIC, "player.host.js"), "utf8");
  const html = `<!doctype html><html lang="en"><head><meta charset="utf-8">
<meta name="viewport" content="width=device-width"><title>${name}</title>
<meta http-equiv="Content-Security-Policy" content="${policy}">
<style>body { margin: 22px; background: #fff } @media (prefers-color-scheme: dark) { body { background: #0f1318 } }</style></head>
<body><main><script type="application/json" data-flowviz="player">${json}</script></main>
<script>${script}</script></body></html>`;
  writeFileSync(path.join(folder, `${name}.html`), html);
  console.log(name, payload.length, "bytes of payload");
}
