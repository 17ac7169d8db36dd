/**
 * `npm run coverage [-- --repetitions 4000 --seed 0]`: simulates how often the intervals over prompts hold
 * what they say, and writes the tables into docs/results.md, between their marks.
 *
 * The same numbers every time; about five minutes.
 */
import { join } from "node:path";
import { parseArgs } from "node:util";
import { bundledCoverage } from "./coverage/bundled-heads";
import { coverageTables } from "./coverage/coverage-tables";
import { ONE_SIDED } from "./coverage/pair-populations";
import {
  correlationCoverage,
  lineCoverage,
  meanCoverage,
  otherMethodsCoverage,
  PROMPTS,
  shareCoverage,
} from "./coverage/simulate";
import { writeBetweenMarks } from "./write-between-marks";

const PAGE = join(__dirname, "..", "docs", "results.md");
/** Resampling makes these slow, and three numbers of prompts say enough. */
const OTHERS = { prompts: [8, 19, 50], share: 1 / 8 } as const;
/** Ends of these are searched for. */
const SHARES = 1 / 4;

async function main(): Promise<void> {
  const { values } = parseArgs({
    options: {
      repetitions: { type: "string", default: "4000" },
      seed: { type: "string", default: "0" },
    },
  });
  const [repetitions, seed] = [Number(values.repetitions), Number(values.seed)];
  if (!(Number.isSafeInteger(repetitions) && repetitions >= 8 && Number.isSafeInteger(seed))) {
    throw new Error("--repetitions takes a whole number from 8, --seed a whole number");
  }
  const onDone = (what: string) => process.stderr.write(`${what}\n`);
  const settings = { repetitions, seed, prompts: PROMPTS, onDone };
  const some = (share: number) => Math.round(repetitions * share);
  const tables = coverageTables({
    ...{ repetitions, seed, prompts: PROMPTS, othersPrompts: OTHERS.prompts },
    line: lineCoverage(settings),
    correlation: correlationCoverage(settings),
    oneSided: correlationCoverage(settings, [ONE_SIDED]),
    mean: meanCoverage(settings),
    share: shareCoverage({ ...settings, repetitions: some(SHARES) }),
    bundled: await bundledCoverage({ ...settings, repetitions: some(SHARES) }),
    others: otherMethodsCoverage({
      ...settings,
      repetitions: some(OTHERS.share),
      prompts: OTHERS.prompts,
    }),
  });
  writeBetweenMarks(PAGE, "coverage", tables);
}

main();
