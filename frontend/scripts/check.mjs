// Fails where a committed bundle is not what the sources build, is too large, or cannot be inlined.
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { bundle, bundlesOf, MOST_BYTES, STATIC, WIDGETS } from "./bundle.mjs";

const fresh = mkdtempSync(path.join(tmpdir(), "flowviz-"));
const faults = [];
try {
  await bundle(fresh);
  for (const name of WIDGETS.flatMap(bundlesOf)) faults.push(...faultsOf(name));
} finally {
  rmSync(fresh, { recursive: true });
}
for (const fault of faults) console.error(fault);
process.exit(faults.length ? 1 : 0);

function faultsOf(name) {
  const built = readFileSync(path.join(fresh, name));
  const found = [];
  if (!built.equals(readOrEmpty(path.join(STATIC, name)))) {
    found.push(`${name}: not what the sources build; run npm run build`);
  }
  if (built.length > MOST_BYTES) found.push(`${name}: expected at most ${MOST_BYTES} bytes, got ${built.length}`);
  const unsafe = /<\/script|<!--|\beval\(|new Function/i.exec(built.toString("utf8"));
  if (unsafe) found.push(`${name}: holds ${unsafe[0]}, which a page with a strict policy cannot inline`);
  return found;
}

function readOrEmpty(file) {
  try {
    return readFileSync(file);
  } catch {
    return Buffer.alloc(0);
  }
}
