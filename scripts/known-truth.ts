/**
 * `npm run known-truth [-- --seed 0 --plants 39 --tables]`: plants what heads read in random models of every
 * family and in the bundled one, audits the heads, and writes how often verdicts and shares are right into
 * docs/audit.md, between its marks.
 *
 * Each plant's audits are kept in `.tslens/known-truth`, so that a run that was stopped goes on from there;
 * `--tables` writes the tables of what there is. About an hour.
 */
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { atomicWrite } from "../src/files/atomic-write";
import { VERSION } from "../src/version";
import { type AuditedHead, auditPlant } from "./known-truth/audit-plant";
import { plantChoices } from "./known-truth/choices";
import { simulatedShares } from "./known-truth/simulated-shares";
import { knownTruthTables, simulatedTable } from "./known-truth/tables";
import { writeBetweenMarks } from "./write-between-marks";

const PAGE = join(__dirname, "..", "docs", "audit.md");
const KEPT = join(__dirname, "..", ".tslens", "known-truth");

const SIMULATED = { texts: [100, 300], repetitions: 400 } as const;

/** Texts of an audit, in turns, and of what is true. */
const SIZES = { texts: [300, 120], truth: { texts: 2000, donors: 4 } } as const;

async function main(): Promise<void> {
  const { values } = parseArgs({
    options: {
      seed: { type: "string", default: "0" },
      plants: { type: "string" },
      tables: { type: "boolean", default: false },
    },
  });
  const seed = Number(values.seed);
  const all = plantChoices(seed);
  const count = Number(values.plants ?? all.length);
  if (!Number.isSafeInteger(seed) || !(Number.isSafeInteger(count) && count >= 1)) {
    throw new Error("--seed takes a whole number, --plants a whole number from 1");
  }
  // Not among what a user's audits keep.
  process.env.TSLENS_CACHE = mkdtempSync(join(tmpdir(), "tslens-known-truth-cache-"));
  mkdirSync(KEPT, { recursive: true });
  try {
    const audited: AuditedHead[] = [];
    for (const [turn, { name, make }] of all.slice(0, count).entries()) {
      const heads = await kept(`${seed} ${name}`, values.tables, async () => {
        const folder = mkdtempSync(join(tmpdir(), "tslens-known-truth-"));
        try {
          // A third of a plant's heads, in turns: each kind of head on each kind of activation.
          const only = (_: unknown, number: number) => number % 3 === turn % 3;
          return await auditPlant(await make(), folder, { ...SIZES, only });
        } finally {
          rmSync(folder, { recursive: true });
        }
      });
      if (heads) audited.push(...heads);
    }
    const simulated = await kept(`${seed} simulated`, values.tables, async () =>
      simulatedShares(SIMULATED.texts, SIMULATED.repetitions, seed),
    );
    const tables = [
      knownTruthTables(audited, all.length),
      ...(simulated ? [simulatedTable(simulated)] : []),
    ];
    writeBetweenMarks(PAGE, "known-truth", tables.join("\n\n"));
  } finally {
    rmSync(process.env.TSLENS_CACHE, { recursive: true, force: true });
  }
}

/** What was made before; else it is made, or left out if only tables are asked for. */
async function kept<T>(
  name: string,
  onlyTables: boolean,
  make: () => Promise<T>,
): Promise<T | null> {
  const file = join(KEPT, `${VERSION} ${name}.json`.replaceAll(/[^\w.]+/g, "-"));
  if (!existsSync(file)) {
    if (onlyTables) return null;
    await atomicWrite(file, `${JSON.stringify(await make())}\n`);
    process.stderr.write(`${name}\n`);
  }
  return JSON.parse(readFileSync(file, "utf8"));
}

main();
