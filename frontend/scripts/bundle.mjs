// Builds the widgets into a folder. Deterministic: the same sources give the same bytes.
//
// A widget travels compressed (about 0.6 of its size) in a few lines that unpack it: NAME.js is a
// module that imports the code it holds, NAME.host.js a plain script that runs it as a script
// element, which a page's policy admits by the code's own hash. The compressor is plain
// JavaScript, so that its bytes are the same on every machine.
import { readdirSync } from "node:fs";
import { mkdir, readFile, writeFile } from "node:fs/promises";
import { fileURLToPath } from "node:url";
import path from "node:path";
import * as esbuild from "esbuild";
import { deflate } from "pako";

export const ROOT = path.dirname(path.dirname(fileURLToPath(import.meta.url)));
export const STATIC = path.join(ROOT, "..", "flowviz", "widgets", "static");
/** Each widget is a module for notebooks and a script for pages without a kernel. */
export const WIDGETS = readdirSync(path.join(ROOT, "src"))
  .filter((file) => file.endsWith(".host.ts"))
  .map((file) => file.slice(0, -".host.ts".length))
  .sort();
export const bundlesOf = (name) => [`${name}.js`, `${name}.host.js`];
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

/** Bytes as text, five characters of "#" to "y" for four bytes; "<" and the backslash are left out. */
const textOf = (bytes) => {
  let text = "";
  for (let i = 0; i < bytes.length; i += 4) {
    let word = 0;
    for (let k = 0; k < 4; k++) word = word * 256 + (bytes[i + k] ?? 0);
    for (let k = 4; k >= 0; k--) {
      const code = 35 + (Math.floor(word / 85 ** k) % 85);
      text += String.fromCharCode(code + (code > 59) + (code > 90));
    }
  }
  return text;
};

const unpack = (code) => {
  const bytes = deflate(Buffer.from(code), { level: 9, memLevel: 9 });
  return `const packed="${textOf(bytes)}";
if(!globalThis.DecompressionStream)throw Error("expected a browser of 2023 or later: this one has no DecompressionStream");
const bytes=new Uint8Array(${Math.ceil(bytes.length / 4) * 4});
for(let i=0,at=0;i<packed.length;at+=4){let word=0;for(let k=0;k<5;k++){const c=packed.charCodeAt(i++);word=word*85+c-35-(c>60)-(c>92)}new DataView(bytes.buffer).setUint32(at,word)}
${UNPACK.replace("LENGTH", bytes.length)}`;
};

const UNPACK = `const code=await new Response(new Blob([bytes.subarray(0,LENGTH)]).stream().pipeThrough(new DecompressionStream("deflate"))).text();
`;

const asModule = (code) => `${unpack(code)}const url=URL.createObjectURL(new Blob([code],{type:"text/javascript"}));
const widget=(await import(url)).default;
URL.revokeObjectURL(url);
export default widget;
`;

const asScript = (code) => `(async()=>{${unpack(code)}const script=document.createElement("script");
script.textContent=code;
document.head.append(script);
})();
`;

/** The code of a widget, unpacked. */
export async function codeOf(entry, format) {
  const { outputFiles } = await esbuild.build({
    absWorkingDir: ROOT,
    entryPoints: [`src/${entry}.ts`],
    bundle: true,
    minify: true,
    charset: "utf8",
    target: "es2022",
    format,
    legalComments: "none",
    plugins: [cssText],
    logLevel: "warning",
    write: false,
  });
  return outputFiles[0].text;
}

export async function bundle(outdir, names = WIDGETS) {
  const unknown = names.filter((name) => !WIDGETS.includes(name));
  if (unknown.length) throw new Error(`expected some of ${WIDGETS.join(", ")}, got ${unknown.join(", ")}`);
  await mkdir(outdir, { recursive: true });
  for (const name of names) {
    await writeFile(path.join(outdir, `${name}.js`), asModule(await codeOf(name, "esm")));
    await writeFile(path.join(outdir, `${name}.host.js`), asScript(await codeOf(`${name}.host`, "iife")));
  }
}
