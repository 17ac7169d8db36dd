import { PAIR_POPULATIONS } from "./pair-populations";
import { PROMPT_POPULATIONS } from "./prompt-populations";
import type { Coverage } from "./simulate";

/** Everything that is simulated. */
export interface Simulations {
  readonly repetitions: number;
  readonly seed: number;
  readonly prompts: readonly number[];
  readonly line: readonly Coverage[];
  readonly mean: readonly Coverage[];
  readonly share: readonly Coverage[];
  readonly correlation: readonly Coverage[];
  readonly oneSided: readonly Coverage[];
  readonly bundled: readonly Coverage[];
  readonly others: readonly Coverage[];
  readonly othersPrompts: readonly number[];
}

/** The part of docs/results.md that `npm run coverage` writes. */
export function coverageTables(simulations: Simulations): string {
  const { line, mean, share, correlation, oneSided, bundled, others, prompts } = simulations;
  const of = (statistic: string) => line.filter((one) => one.statistic === statistic);
  const table = (rows: readonly (Coverage | Ranges)[], columns = prompts) =>
    markdown(rows, columns);
  return [
    `How often, in per cent, 95% intervals held the population's value: ${simulations.repetitions} simulated experiments a cell (a quarter of them for shares and bundled heads, an eighth for other methods), seed ${simulations.seed}. In 95 of 100 cells the simulation's own error is below ${errorOf(simulations.repetitions)}. Columns: numbers of different prompts.`,
    "**Slope**, in populations that are described below.",
    table(withRange(of("slope"))),
    "**Intercept**",
    table(withRange(of("intercept"))),
    "**Correlation** of activation and prediction, unpatched",
    table(withRange(correlation)),
    "**Mean of the prompts' own slopes**, and **share of one slope in another** (direct path)",
    table([...mean.map((one) => named(one, "mean")), ...share.map((one) => named(one, "share"))]),
    "**R²** has no interval: this is the best that was found, the square of the correlation's.",
    table(of("R² (not given)")),
    "Where the correlation's interval holds less often: one of the two has heavy tails, whose variance a sample underestimates, and the other has not.",
    table(oneSided),
    "Prompts drawn from a thousand texts of the bundled corpus, measured with the bundled heads; all thousand are the population. Where nearly all texts leave a neuron off and a few per cent of them carry everything (`post`), eight prompts often hold none of those few, and nothing in them tells. Below fifty prompts look at the scatter before you trust an interval, most of all the intercept's.",
    table(bundled.map((one) => named(one, one.statistic))),
    "The slope by methods that were not chosen.",
    table(
      others.map((one) => named(one, one.statistic)),
      simulations.othersPrompts,
    ),
    `Prompts: slopes 0.5 ± 0.15, each run 0.1 off its prompt's curve; four factors. ${described(PROMPT_POPULATIONS)}. For the mean and the share: slopes of that kind. Pairs: ${described(PAIR_POPULATIONS)}.`,
  ].join("\n\n");
}

function named(one: Coverage, statistic: string): Coverage {
  return { ...one, population: `${statistic}: ${one.population}` };
}

/** Two standard errors of a share of 95%, in per cent. */
function errorOf(repetitions: number): string {
  return (200 * Math.sqrt((0.95 * 0.05) / repetitions)).toFixed(1);
}

/** The rows, and what they range over. */
function withRange(rows: readonly Coverage[]): (Coverage | Ranges)[] {
  const ranges = rows[0].held.map((_, column) => {
    const shares = rows.flatMap(({ held }) => held[column] ?? []);
    return `${Math.min(...shares).toFixed(1)}–${Math.max(...shares).toFixed(1)}`;
  });
  return [...rows, { population: "*all of these*", held: ranges }];
}

interface Ranges {
  readonly population: string;
  readonly held: readonly string[];
}

function markdown(rows: readonly (Coverage | Ranges)[], columns: readonly number[]): string {
  const cells = (values: readonly (string | number)[]) => `| ${values.join(" | ")} |`;
  return [
    cells(["", ...columns]),
    cells(["---", ...columns.map(() => "---")]),
    ...rows.map(({ population, held }) => cells([population, ...held.map(cell)])),
  ].join("\n");
}

function cell(share: number | string | null): string {
  return typeof share === "number" ? share.toFixed(1) : (share ?? "–");
}

function described(populations: readonly { readonly name: string; readonly meaning: string }[]) {
  return populations.map(({ name, meaning }) => `*${name}*: ${meaning}`).join("; ");
}
