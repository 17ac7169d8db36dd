import { analyzeAudit } from "../../src/experiments/audit/audits";
import type { AuditResult } from "../../src/experiments/audit/result";
import { bindHead } from "../../src/heads/bind-head";
import { loadHead } from "../../src/heads/load-head";
import { HookedTransformer } from "../../src/model/hooked-transformer";
import { randomStream } from "../../src/stats/random-stream";
import { deviation, mean, type PlantChoice, plant } from "./plant";
import { type PlantedHead, plantedHeads } from "./planted-heads";
import { population, type Truth, type TruthSize, truths } from "./population";

/** A head's audit beside what is true of it. */
export interface AuditedHead extends Omit<PlantedHead, "directory"> {
  readonly plant: string;
  readonly hook: string;
  /** Of the neuron over all texts: 3 for a normal one, more where a few texts carry most of it. */
  readonly kurtosis: number;
  readonly truth: Truth;
  readonly texts: number;
  readonly verdict: AuditResult["verdict"];
  readonly because: string;
  readonly r: AuditResult["prediction"]["r"];
  readonly causal_share: AuditResult["causal_share"];
  readonly input_share: AuditResult["input_share"];
  readonly both_shares: AuditResult["both_shares"];
  readonly unreached: number | null;
  readonly rank: number | null;
  readonly p_value: number | null;
}

export interface AuditPlantOptions {
  /** How many texts each head is audited on, in turns. */
  readonly texts: readonly number[];
  readonly truth: TruthSize;
  /** Which of the plant's heads; all if not given. */
  readonly only?: (head: PlantedHead, number: number) => boolean;
}

/** Plants, makes heads, measures what is true of them, and audits each on texts of its own. */
export async function auditPlant(
  choice: PlantChoice,
  folder: string,
  { texts, truth, only = () => true }: AuditPlantOptions,
): Promise<AuditedHead[]> {
  const planted = await plant(choice, folder);
  const before = await HookedTransformer.fromPretrained(folder);
  const everything = population(planted, before);
  const all = await plantedHeads(planted, everything);
  const kurtosis = kurtosisOf(everything.activation);
  before.dispose();
  const heads = all.filter(only);
  const model = await HookedTransformer.fromPretrained(folder);
  try {
    const bound = await Promise.all(
      heads.map(async ({ directory }) =>
        bindHead(await loadHead(directory), model, { path: directory }),
      ),
    );
    const true_ = await truths(planted, bound, truth);
    const audited: AuditedHead[] = [];
    for (const [i, { directory: _, ...head }] of heads.entries()) {
      const stream = randomStream(choice.seed, `texts of head ${i} of ${choice.name}`);
      const some = stream.shuffle(choice.texts).slice(0, texts[i % texts.length]);
      const audit = await analyzeAudit(bound[i], { texts: some, seed: i, progress: null });
      const { verdict, because, causal_share, input_share, both_shares, unreached } = audit;
      audited.push({
        ...head,
        ...{ plant: choice.name, hook: choice.hook, kurtosis, truth: true_[i], texts: some.length },
        ...{ verdict, because: because[0], r: audit.prediction.r },
        ...{ causal_share, input_share, both_shares, unreached },
        ...{ rank: audit.specificity.rank, p_value: audit.specificity.p_value },
      });
    }
    return audited;
  } finally {
    model.dispose();
  }
}

function kurtosisOf(values: readonly number[]): number {
  const [centre, size] = [mean(values), deviation(values)];
  return mean(values.map((value) => ((value - centre) / size) ** 4));
}
