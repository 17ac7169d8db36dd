import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, it } from "node:test";
import { PAIR_POPULATIONS } from "../../scripts/coverage/pair-populations";
import {
  drawPrompt,
  PROMPT_POPULATIONS,
  trueLine,
} from "../../scripts/coverage/prompt-populations";
import {
  type Coverage,
  correlationCoverage,
  lineCoverage,
  otherMethodsCoverage,
  PROMPTS,
  shareCoverage,
} from "../../scripts/coverage/simulate";
import { linearRegression } from "../../src/stats/linear-regression";
import { randomStream } from "../../src/stats/random-stream";

// The whole simulation is `npm run coverage`; here some of it, with the same functions and seeds.
const FEW = { repetitions: 400, seed: 0, prompts: [8, 19] };
/** Of a share of 95% in 400: four standard errors are 4.4. */
const LOWEST = 90.6;

const named = (...names: string[]) => PROMPT_POPULATIONS.filter(({ name }) => names.includes(name));

function holds(rows: readonly Coverage[]): void {
  assert.ok(rows.length > 0);
  for (const { statistic, population, held } of rows) {
    for (const share of held) assert.ok(share! >= LOWEST, `${statistic}, ${population}: ${share}%`);
  }
}

describe("95% intervals over prompts, simulated", () => {
  it("slope and intercept, normal and heavy-tailed", () => {
    const rows = lineCoverage(FEW, named("normal", "t3"));
    holds(rows.filter(({ statistic }) => !statistic.startsWith("R²")));
  });

  it("correlation, normal and heavy-tailed", () => {
    holds(
      correlationCoverage(
        FEW,
        PAIR_POPULATIONS.filter(({ name }) => /^(normal|t3)/.test(name)),
      ),
    );
  });

  it("share", () => {
    holds(shareCoverage({ ...FEW, repetitions: 100, prompts: [12] }));
  });

  it("sees an interval that is too narrow: the percentile bootstrap at 8 prompts", () => {
    const rows = otherMethodsCoverage({ ...FEW, prompts: [8] }, named("normal"));
    const percentile = rows.find(({ statistic }) => statistic.startsWith("percentile"))!;
    assert.ok(percentile.held[0]! < LOWEST, `${percentile.held[0]}%`);
  });

  it("seven prompts have none", () => {
    const [row] = lineCoverage({ ...FEW, repetitions: 1, prompts: [7] }, named("normal"));
    assert.deepEqual(row.held, [null]);
  });

  it("the same seed gives the same shares", () => {
    const few = { ...FEW, repetitions: 50, prompts: [8] };
    assert.deepEqual(lineCoverage(few, named("t3")), lineCoverage(few, named("t3")));
  });

  for (const population of PROMPT_POPULATIONS) {
    it(`${population.name}: the true line is that of very many prompts`, () => {
      const stream = randomStream(0, population.name);
      const fits = Array.from({ length: 20 }, () => {
        const points = Array.from({ length: 5000 }, (_, i) =>
          drawPrompt(population, stream, i),
        ).flat();
        return linearRegression(
          points.map(({ activation }) => activation),
          points.map(({ prediction }) => prediction),
        );
      });
      const truth = trueLine(population);
      for (const key of ["slope", "intercept"] as const) {
        const values = fits.map((fit) => fit[key]!);
        const mean = values.reduce((sum, value) => sum + value, 0) / values.length;
        const squares = values.reduce((sum, value) => sum + (value - mean) ** 2, 0);
        const error = Math.sqrt(squares / 19 / 20);
        assert.ok(
          Math.abs(mean - truth[key]) < 5 * error,
          `${key}: ${mean} ± ${error} is not ${truth[key]}`,
        );
      }
    });
  }

  it("docs/results.md has the whole table, and what it promises", () => {
    const page = readFileSync(join(__dirname, "..", "..", "docs", "results.md"), "utf8");
    assert.match(page, /4000 simulated experiments a cell .*, seed 0\./);
    const ranges = [...page.matchAll(/^\| \*all of these\* \|(.*)\|$/gm)].map(([, row]) =>
      row.split("|").map((cell) => cell.trim().split("–").map(Number)),
    );
    // Slope, intercept and correlation.
    assert.equal(ranges.length, 3);
    for (const row of ranges) {
      assert.equal(row.length, PROMPTS.length);
      for (const [low, high] of row) {
        // 93 to 97, and the simulation's own error.
        assert.ok(low >= 92.3 && high <= 97.7, `${low} to ${high}`);
      }
    }
  });
});
