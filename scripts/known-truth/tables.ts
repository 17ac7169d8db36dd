import { ends } from "../../src/analysis/over-prompts";
import { VERDICTS } from "../../src/experiments/audit/result";
import { THRESHOLDS } from "../../src/experiments/audit/thresholds";
import type { Interval } from "../../src/results/evidence-parts";
import type { AuditedHead } from "./audit-plant";
import { mean } from "./plant";
import type { SimulatedShares } from "./simulated-shares";

/** What docs/audit.md says of heads with known truth. */
export function knownTruthTables(heads: readonly AuditedHead[], ofPlants: number): string {
  const plants = new Set(heads.map(({ plant }) => plant)).size;
  const others = heads.filter((head) => !readsTheNeuron(head));
  const wrong = others.filter(({ verdict }) => verdict === "reads the neuron");
  const predicting = heads.filter(predicts);
  return [
    `${heads.length} heads on ${plants === ofPlants ? plants : `${plants} of ${ofPlants}`} planted neurons, each audited once, on 300 or 120 texts.`,
    "**Verdicts**, a row for what is true of the heads. *Predicts too little*: r over all texts below √0.1, whatever the head was made to read.",
    verdictTable(heads),
    `"Reads the neuron" was said of ${wrong.length} of the ${others.length} heads that do not (${percent(wrong.length, others.length)}).`,
    "**Shares**: how often, in per cent, the 95% interval holds the true share, ± the error of the count; mean of the estimates less the true shares. Heads whose share has no scatter (a head that is linear in what was planted, without noise) are counted by themselves: their estimate is off by at most the last column.",
    shareTable(predicting),
    plantedAgainstMeasured(predicting),
  ].join("\n\n");
}

/** By the rules of SPEC section 10, of all texts: what the verdict would be without any uncertainty. */
function readsTheNeuron(head: AuditedHead): boolean {
  return predicts(head) && causalOf(head) >= THRESHOLDS.share;
}

function predicts({ truth }: AuditedHead): boolean {
  return truth.r >= THRESHOLDS.correlation;
}

/** Planted where that is exact, else measured over all texts. */
function causalOf({ planted, truth }: AuditedHead): number {
  return planted.causal ?? truth.causal;
}

const ROWS: readonly [string, (head: AuditedHead) => boolean][] = [
  ["the neuron", ({ kind }) => kind === "the neuron"],
  ["its inputs", ({ kind }) => kind === "its inputs"],
  ["a correlate", ({ kind }) => kind === "a correlate"],
  [
    "the stream without the neuron's and the twin's directions (learnt)",
    ({ kind }) => kind === "not the neuron",
  ],
  ["shuffled labels (learnt)", ({ kind }) => kind === "shuffled labels"],
  ["a mixture, causal share ≥ 0.5", (head) => causalOf(head) >= THRESHOLDS.share],
  ["a mixture, input share ≥ 0.5", ({ truth }) => (truth.input ?? 0) >= THRESHOLDS.share],
  [
    "a mixture, both together < 0.5",
    (head) => causalOf(head) + (head.truth.input ?? 0) < THRESHOLDS.share,
  ],
  ["a mixture, none of these", () => true],
];

function verdictTable(heads: readonly AuditedHead[]): string {
  const columns = VERDICTS.filter((verdict) => heads.some((head) => head.verdict === verdict));
  const left = new Set(heads);
  const take = (isIn: (head: AuditedHead) => boolean) => {
    const taken = [...left].filter(isIn);
    for (const head of taken) left.delete(head);
    return taken;
  };
  const little = take((head) => !predicts(head));
  const rows = ROWS.map(([name, isIn]) => [name, take(isIn)] as const);
  return markdown([
    ["what it reads", "heads", ...columns],
    ...[...rows, ["predicts too little", little] as const]
      .filter(([, of]) => of.length > 0)
      .map(([name, of]) => [
        name,
        String(of.length),
        ...columns.map((verdict) => {
          const count = of.filter((head) => head.verdict === verdict).length;
          return count === 0 ? "" : String(count);
        }),
      ]),
  ]);
}

/** Narrower, and what is left is rounding and how close the moves along the inputs come. */
const NO_WIDTH = 2e-3;

function shareTable(heads: readonly AuditedHead[]): string {
  const groups: [string, (head: AuditedHead) => boolean][] = [
    ["linear", ({ shape, kind }) => shape === "linear" && kind !== "a mixture"],
    ["linear, mixtures", ({ shape, kind }) => shape === "linear" && kind === "a mixture"],
    ["MLP", ({ shape }) => shape === "mlp"],
    ["classification, with bins", ({ shape }) => shape === "classification"],
    ["classification, class numbers", ({ shape }) => shape === "class numbers"],
    ["token", ({ shape }) => shape === "token"],
    ["300 texts", ({ texts }) => texts === 300],
    ["120 texts", ({ texts }) => texts === 120],
    ["neuron of kurtosis below 6", ({ kurtosis }) => kurtosis < 6],
    ["neuron of kurtosis from 6 on", ({ kurtosis }) => kurtosis >= 6],
    ["all", () => true],
  ];
  const titles = ["heads", "inside", "off by", "no interval", "without scatter", "at most"];
  const block = (
    name: string,
    truthOf: (head: AuditedHead) => number | null,
    shareOf: (head: AuditedHead) => Interval,
  ) =>
    markdown([
      [name, ...titles],
      ...groups.map(([group, isIn]) => {
        const known = heads.filter(isIn).flatMap((head) => {
          const truth = truthOf(head);
          const share = shareOf(head);
          return truth === null || share.estimate === null ? [] : [{ truth, share }];
        });
        return [group, ...coverage(known)];
      }),
    ]);
  return [
    block("causal share", causalOf, (head) => head.causal_share),
    block(
      "input share",
      ({ truth }) => truth.input,
      (head) => head.input_share,
    ),
  ].join("\n\n");
}

function coverage(known: readonly { truth: number; share: Interval }[]): string[] {
  const sorted = known.map(({ truth, share }) => ({ truth, share, ...ends(share) }));
  const exact = sorted.filter(({ low, high }) => low !== null && high! - low < NO_WIDTH);
  const none = sorted.filter(({ low }) => low === null);
  const wide = sorted.filter(({ low, high }) => low !== null && high! - low >= NO_WIDTH);
  const inside = wide.filter(({ low, high, truth }) => low! <= truth && truth <= high!).length;
  const misses = wide.map(({ share, truth }) => share.estimate! - truth);
  const off = Math.max(0, ...exact.map(({ share, truth }) => Math.abs(share.estimate! - truth)));
  return [
    String(wide.length),
    wide.length === 0 ? "" : `${percent(inside, wide.length)} ± ${errorOf(inside, wide.length)}`,
    wide.length === 0 ? "" : signed(mean(misses)),
    String(none.length),
    String(exact.length),
    exact.length === 0 ? "" : off.toFixed(4),
  ];
}

/** Audits without a model: more of them than there are planted heads. */
export function simulatedTable(all: readonly SimulatedShares[]): string {
  const columns = [...new Set(all.map(({ activation, texts }) => `${activation}, ${texts}`))];
  const heads = [...new Set(all.map(({ head }) => head))];
  const [{ repetitions }] = all;
  const slopes = all.filter(({ head }) => !head.startsWith("linear"));
  const slopesInside = slopes.reduce((sum, one) => sum + one.slopeInside, 0);
  const cell = ({ shareInside, bounded }: SimulatedShares) => {
    const unbounded = 1 - bounded / repetitions;
    const inside = (100 * shareInside) / bounded;
    return `${inside.toFixed(1)}${unbounded < 0.01 ? "" : ` (${Math.round(100 * unbounded)})`}`;
  };
  return [
    `**Simulated causal shares**: how often, in per cent, the interval holds the true share, in ${repetitions} simulated audits a cell (± ${errorOf(0.95 * repetitions, repetitions)}); in brackets how many per cent have no end and are left out. The head is a function of so much of the neuron, of what goes along with it, and of something else; columns say how the neuron is distributed, and how many texts there are. Causal slopes of the heads that are not linear were inside ${percent(slopesInside, slopes.length * repetitions)} of the time.`,
    markdown([
      ["head, what it reads", ...columns],
      ...heads.map((head) => [
        head,
        ...columns.map((column) =>
          cell(
            all.find((one) => one.head === head && `${one.activation}, ${one.texts}` === column)!,
          ),
        ),
      ]),
    ]),
  ].join("\n\n");
}

function plantedAgainstMeasured(heads: readonly AuditedHead[]): string {
  const off = (key: "causal" | "input") =>
    heads.flatMap(({ planted, truth }) =>
      planted[key] === null || truth[key] === null ? [] : [truth[key] - planted[key]],
    );
  const [causal, input] = [off("causal"), off("input")];
  const largest = Math.max(...causal.map(Math.abs));
  return `Where the share follows from what was planted, runs over all texts differ from it by at most ${largest.toFixed(3)} in the causal share (${causal.length} heads), and by ${signed(Math.min(...input))} to ${signed(Math.max(...input))} in the input share (${input.length} heads): what is planted is small beside the stream, but moving the stream also moves what a norm divides it by.`;
}

function percent(count: number, of: number): string {
  return of === 0 ? "none" : `${((100 * count) / of).toFixed(1)}%`;
}

/** Of a share, in per cent. */
function errorOf(count: number, of: number): string {
  // Of the share that is due, where all or none are inside.
  const share = count === 0 || count === of ? 0.95 : count / of;
  return ((100 * Math.sqrt(share * (1 - share))) / Math.sqrt(of)).toFixed(1);
}

function signed(value: number): string {
  return `${value < 0 ? "−" : "+"}${Math.abs(value).toFixed(3)}`;
}

function markdown([header, ...rows]: readonly (readonly string[])[]): string {
  const line = (cells: readonly string[]) => `| ${cells.join(" | ")} |`;
  return [
    line(header),
    line(header.map((_, i) => (i === 0 ? "---" : "---:"))),
    ...rows.map(line),
  ].join("\n");
}
