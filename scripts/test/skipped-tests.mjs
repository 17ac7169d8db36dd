import { spawnSync } from "node:child_process";
import { existsSync, readFileSync } from "node:fs";
import { relative } from "node:path";
import { projectRoot } from "../project.mjs";

/**
 * @typedef {object} Machine what this one can run
 * @property {string | null} python the reference Python, see reference-python.mjs
 */

/** Why a test may be skipped on a machine; any other reason is one that could have been run. */
const MAY_BE_SKIPPED = [
  { reason: /^root may write anywhere/, when: () => process.getuid?.() === 0 },
  { reason: /TSLENS_GPT2_DIR/, when: () => !process.env.TSLENS_GPT2_DIR },
  { reason: /^stderr is a terminal/, when: () => Boolean(process.stderr.isTTY) },
  { reason: /Windows/, when: () => process.platform === "win32" },
  {
    reason: /no Python with/,
    when: (/** @type {Machine} */ { python }, /** @type {string} */ reason) =>
      !python || !hasPackages(python, /no Python with ([\w, ]+)/.exec(reason)?.[1] ?? ""),
  },
  {
    reason: /(browser|Chromium)/i,
    // The one that comes as a package runs there.
    when: () => process.platform !== "linux" || process.arch !== "x64",
  },
];

/**
 * @param {string} python
 * @param {string} packages as a reason names them, "pandas, torch and safetensors"
 */
function hasPackages(python, packages) {
  const imports = packages.split(/,\s*|\s+and\s+|\s+/).filter((name) => /^[a-z]\w*$/.test(name));
  const code = imports.filter((name) => !["here", "a"].includes(name)).join(", ");
  return code !== "" && spawnSync(python, ["-c", `import ${code}`]).status === 0;
}

/**
 * Prints what was skipped, by reason.
 * @param {string} file as the reporter wrote it
 * @param {Machine} machine
 * @returns {string[]} the reasons for which nothing should have been skipped here
 */
export function reportSkipped(file, machine) {
  const lines = existsSync(file) ? readFileSync(file, "utf8").split("\n").filter(Boolean) : [];
  /** @type {Map<string, string[]>} */
  const byReason = new Map();
  for (const line of lines) {
    const { name, file: path, reason } = JSON.parse(line);
    const where = path ? relative(projectRoot, path) : "";
    byReason.set(reason, [...(byReason.get(reason) ?? []), `${where}: ${name}`]);
  }
  if (byReason.size > 0) console.log("\nskipped:");
  for (const [reason, tests] of byReason) {
    console.log(`  ${tests.length} because: ${reason}`);
    for (const test of tests.slice(0, 5)) console.log(`    ${test}`);
    if (tests.length > 5) console.log(`    and ${tests.length - 5} more`);
  }
  return [...byReason.keys()].filter(
    (reason) =>
      !MAY_BE_SKIPPED.some((rule) => rule.reason.test(reason) && rule.when(machine, reason)),
  );
}
