// Builds the widgets into a folder. Deterministic: the same sources give the same bytes.
import { readdirSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { fileURLToPath } from "node:url";
import path from "node:path";
import * as esbuild from "esbuild";
import { zlibSync } from "fflate";

export const ROOT = path.dirname(path.dirname(fileURLToPath(import.meta.url)));
export const STATIC = path.join(ROOT, "..", "flowviz", "widgets", "static");
/** Each widget is a module for notebooks and a script for pages without a kernel. */
export const WIDGETS = readdirSync(path.join(ROOT, "src"))
  .filter((file) => file.endsWith(".host.ts"))
  .map((file) => file.slice(0, -".host.ts".length))
  .sort();
export const bundlesOf = (name) => [`${name}.js`, `${name}.host.js`];
export const MOST_BYTES = 60_000;

/** Style sheets become their minified text, compressed (`styleText` unpacks it): the same bytes on
 * any machine, because the compressor is plain JavaScript. */
const packedCss = {
  name: "packed-css",
  setup(build) {
    build.onLoad({ filter: /\.css$/ }, async ({ path: file }) => {
      const source = await readFile(file, "utf8");
      const { code } = await esbuild.transform(source, { loader: "css", minify: true });
      const packed = zlibSync(Buffer.from(code.trim()), { level: 9 });
      return { contents: Buffer.from(packed).toString("base64"), loader: "text" };
    });
  },
};

export async function bundle(outdir, names = WIDGETS) {
  const unknown = names.filter((name) => !WIDGETS.includes(name));
  if (unknown.length) throw new Error(`expected some of ${WIDGETS.join(", ")}, got ${unknown.join(", ")}`);
  const common = {
    absWorkingDir: ROOT,
    outdir,
    bundle: true,
    minify: true,
    charset: "utf8",
    target: "es2022",
    legalComments: "none",
    plugins: [packedCss],
    logLevel: "warning",
  };
  const sources = (end) => names.map((name) => `src/${name}${end}`);
  await esbuild.build({ ...common, entryPoints: sources(".ts"), format: "esm" });
  await esbuild.build({ ...common, entryPoints: sources(".host.ts"), format: "iife" });
}
