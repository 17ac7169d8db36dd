import type { Command } from "commander";
import { TslensError } from "../errors";
import { agreement, type Check } from "../model/agreement";
import { HookedTransformer } from "../model/hooked-transformer";
import { referenceChecks } from "../model/reference-file";
import { checkPrompts, logProbabilities, noOpCheck, residualCheck } from "../model/self-checks";
import { suffixCheck } from "../patching/suffix-check";
import { counted, type Output, oneLine } from "./output";
import { textTable } from "./text-table";

interface VerifyOptions {
  readonly revision?: string;
  readonly reference?: string;
  readonly json?: true;
}

/** `tslens verify BASE` */
export function verifyCommand(command: Command, output: Output): void {
  command
    .option("--revision <revision>", "of a base model from the hub: a branch, a tag or a commit")
    .option(
      "--reference <file>",
      "a .safetensors file with {i}/tokens, {i}/logits and {i}/hidden_states.{l} (docs/models.md)",
    )
    .option("--json", "print only JSON")
    .action((base: string, options: VerifyOptions) => verify(base, options, output));
}

async function verify(base: string, options: VerifyOptions, output: Output): Promise<void> {
  const { checks, engine, warnings } = await verification(base, options);
  const failed = checks.filter(({ ok }) => !ok);
  if (options.json) {
    await output.print(`${JSON.stringify({ checks, ok: failed.length === 0 }, null, 2)}\n`);
  } else {
    for (const warning of warnings) output.note(`Note: ${oneLine(warning)}`);
    await output.print(
      textTable({
        caption: `${base} on ${engine}: largest difference, relative to the largest magnitude`,
        headings: ["check", "worst", "tolerance", "ok"],
        rows: checks.map(({ name, worst, tolerance, ok }) => [
          ...[name, worst, tolerance],
          ok ? "yes" : "NO",
        ]),
      }),
    );
  }
  if (failed.length === 0) return;
  throw new TslensError(
    `${counted(failed.length, "check")} of ${checks.length} failed: this model's numbers cannot be trusted here`,
    { found: failed.map(({ name, worst }) => `${name} off by ${worst.toPrecision(2)}`).join(", ") },
  );
}

/** One model after the other: both together would need twice the memory. */
async function verification(base: string, { revision, reference }: VerifyOptions) {
  const raw = await HookedTransformer.fromPretrainedNoProcessing(base, { revision });
  const prompts = checkPrompts(raw);
  let expected: Float32Array[];
  let ofReference: Check[];
  try {
    ofReference = reference === undefined ? [] : referenceChecks(raw, reference);
    expected = logProbabilities(raw, prompts);
  } finally {
    raw.dispose();
  }
  const model = await HookedTransformer.fromPretrained(base, { revision });
  try {
    const found = logProbabilities(model, prompts);
    const checks = [
      agreement(
        "processed = raw log-probabilities",
        found.map((values, prompt) => [values, expected[prompt]]),
      ),
      residualCheck(model, prompts),
      noOpCheck(model, prompts),
      await suffixCheck(model, prompts),
      ...ofReference,
    ];
    return { checks, engine: model.engine.description, warnings: model.warnings };
  } finally {
    model.dispose();
  }
}
