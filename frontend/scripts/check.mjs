// Fails where a committed bundle is not what the sources build, is too large, or cannot be inlined.
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { bundle, bundlesOf, codeOf, MOST_BYTES, STATIC, WIDGETS } from "./bundle.mjs";

const fresh = mkdtempSync(path.join(tmpdir(), "flowviz-"));
const faults = [];
try {
  await bundle(fresh);
  for (const name of WIDGETS.flatMap(bundlesOf)) faults.push(...faultsOf(name));
  for (const name of WIDGETS) faults.push(...unsafe(name, await codeOf(`${name}.host`, "iife")));
} finally {
  rmSync(fresh, { recursive: true });
}
for (const fault of faults) console.error(fault);
process.exit(faults.length ? 1 : 0);

function faultsOf(name) {
  const built = readFileSync(path.join(fresh, name));
  const found = unsafe(name, built.toString("utf8"));
  if (!built.equals(readOrEmpty(path.join(STATIC, name)))) {
    found.push(`${name}: not what the sources build; run npm run build`);
  }
  if (built.length > MOST_BYTES) found.push(`${name}: expected at most ${MOST_BYTES} bytes, got ${built.length}`);
  return found;
}

/** What a page with a strict policy cannot hold or run. */
function unsafe(name, code) {
  const found = /<\/script|<!--|\beval\(|new Function/i.exec(code);
  return found ? [`${name}: holds ${found[0]}, which a page with a strict policy cannot inline`] : [];
}

function readOrEmpty(file) {
  try {
    return readFileSync(file);
  } catch {
    return Buffer.alloc(0);
  }
}
