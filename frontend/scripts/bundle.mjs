// Builds the widgets into a folder. Deterministic: the same sources give the same bytes.
import { readFile } from "node:fs/promises";
import { fileURLToPath } from "node:url";
import path from "node:path";
import * as esbuild from "esbuild";

export const ROOT = path.dirname(path.dirname(fileURLToPath(import.meta.url)));
export const STATIC = path.join(ROOT, "..", "flowviz", "widgets", "static");
/** Each widget is a module for notebooks and a script for pages without a kernel. */
const WIDGETS = ["player"];
export const BUNDLES = WIDGETS.flatMap((name) => [`${name}.js`, `${name}.host.js`]);
export const MOST_BYTES = 60_000;

/** Style sheets become minified strings. */
const cssText = {
  name: "css-text",
  setup(build) {
    build.onLoad({ filter: /\.css$/ }, async ({ path: file }) => {
      const source = await readFile(file, "utf8");
      const { code } = await esbuild.transform(source, { loader: "css", minify: true });
      return { contents: code.trim(), loader: "text" };
    });
  },
};

export async function bundle(outdir) {
  const common = {
    absWorkingDir: ROOT,
    outdir,
    bundle: true,
    minify: true,
    charset: "utf8",
    target: "es2022",
    legalComments: "none",
    plugins: [cssText],
    logLevel: "warning",
  };
  const sources = (end) => WIDGETS.map((name) => `src/${name}${end}`);
  await esbuild.build({ ...common, entryPoints: sources(".ts"), format: "esm" });
  await esbuild.build({ ...common, entryPoints: sources(".host.ts"), format: "iife" });
}
