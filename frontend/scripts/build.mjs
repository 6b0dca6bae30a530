// Builds all widgets, or those that are named: npm run build -- player
import { statSync } from "node:fs";
import path from "node:path";
import { bundle, bundlesOf, STATIC, WIDGETS } from "./bundle.mjs";

const names = process.argv.slice(2);
const wanted = names.length ? names : WIDGETS;
await bundle(STATIC, wanted);
for (const file of wanted.flatMap(bundlesOf)) console.log(`${file}: ${statSync(path.join(STATIC, file)).size} bytes`);
