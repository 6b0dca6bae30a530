import { statSync } from "node:fs";
import path from "node:path";
import { bundle, BUNDLES, STATIC } from "./bundle.mjs";

await bundle(STATIC);
for (const name of BUNDLES) console.log(`${name}: ${statSync(path.join(STATIC, name)).size} bytes`);
