// Builds the widgets into a folder. Deterministic: the same sources give the same bytes.
//
// A widget travels compressed (less than half of its size) in a few lines that unpack it: NAME.js is a
// module that imports the code it holds, NAME.host.js a plain script that runs it as a script
// element, which a page's policy admits by the code's own hash. The compressor is zopfli in
// WebAssembly: the smallest deflate there is, and the same bytes on every machine.
import { readdirSync } from "node:fs";
import { mkdir, readFile, writeFile } from "node:fs/promises";
import { fileURLToPath } from "node:url";
import path from "node:path";
import * as esbuild from "esbuild";
import zopfli from "@gfx/zopfli";

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

/** Bytes as text, two characters for 13 bits: the 92 printable ones that are not a quote, "<" or the backslash. */
const textOf = (bytes) => {
  const letter = (value) => {
    const code = value + 32 + (value > 1);
    return String.fromCharCode(code + (code > 59) + (code > 90));
  };
  let [text, word, bits] = ["", 0, 0];
  for (const byte of [...bytes, 0, 0]) {
    [word, bits] = [(word << 8) | byte, bits + 8];
    if (bits < 13) continue;
    bits -= 13;
    text += letter(Math.floor((word >> bits) / 92)) + letter((word >> bits) % 92);
    word &= (1 << bits) - 1;
  }
  return text;
};

const unpack = async (code) => {
  const bytes = await zopfli.zlibAsync(Buffer.from(code), { numiterations: 15 });
  return `const packed="${textOf(bytes)}";
if(!globalThis.DecompressionStream)throw Error("expected a browser of 2023 or later: this one has no DecompressionStream");
const bytes=new Uint8Array(${bytes.length}),value=i=>{const c=packed.charCodeAt(i);return c-32-(c>34)-(c>60)-(c>92)};
for(let i=0,at=0,word=0,bits=0;i<packed.length;i+=2){word=word<<13|value(i)*92+value(i+1);bits+=13;while(bits>7)bytes[at++]=word>>(bits-=8);word&=(1<<bits)-1}
${UNPACK}`;
};

const UNPACK = `const code=await new Response(new Blob([bytes]).stream().pipeThrough(new DecompressionStream("deflate"))).text();
`;

const asModule = async (code) => `${await unpack(code)}const url=URL.createObjectURL(new Blob([code],{type:"text/javascript"}));
const widget=(await import(url)).default;
URL.revokeObjectURL(url);
export default widget;
`;

const asScript = async (code) => `(async()=>{${await unpack(code)}const script=document.createElement("script");
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
    await writeFile(path.join(outdir, `${name}.js`), await asModule(await codeOf(name, "esm")));
    await writeFile(path.join(outdir, `${name}.host.js`), await asScript(await codeOf(`${name}.host`, "iife")));
  }
}
