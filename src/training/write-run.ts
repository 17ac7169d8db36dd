import { existsSync, renameSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { writeStateDict } from "../checkpoints/torch-writer";
import { InputError } from "../errors";
import { makeFolder } from "../files/make-folder";
import { discard, temporaryName } from "../files/temporary";
import { TRAINING_METRICS } from "../heads/run-folders";
import type { HeadTensors } from "./train-by-gradient";

/** What a run directory holds. */
export interface RunContent {
  /** `config.json` of both models. */
  readonly config: object;
  /** The head with the lowest validation loss. */
  readonly best: HeadTensors;
  /** The head after the last epoch. */
  readonly final: HeadTensors;
  /** `training_metrics.json` */
  readonly metrics: object;
}

/** `neuron_l{layer}_n{neuron}_{yyyymmdd_hhmmss}`, the moment in UTC. */
export function runDirectoryName(layer: number, neuron: number, moment: Date): string {
  const digits = moment.toISOString().replace(/\D/g, "");
  return `neuron_l${layer}_n${neuron}_${digits.slice(0, 8)}_${digits.slice(8, 14)}`;
}

/**
 * @throws InputError if the run directory is there already: a head is never written over another.
 */
export function checkRunIsNew(directory: string): void {
  if (!existsSync(directory)) return;
  throw new InputError("there is a head in this folder already", {
    file: directory,
    remedy: "Remove it, give another output folder, or another moment.",
  });
}

/**
 * Writes a run directory as the Python pipeline does: `best_model/` and `final_model/` with
 * `config.json` and `head.pt`, and `training_metrics.json`. It appears as a whole or not at all.
 *
 * @throws InputError if the directory is there already or cannot be written.
 */
export async function writeRun(out: string, name: string, content: RunContent): Promise<string> {
  const directory = join(out, name);
  checkRunIsNew(directory);
  const temporary = temporaryName(out);
  try {
    for (const [folder, tensors] of [
      ["best_model", content.best],
      ["final_model", content.final],
    ] as const) {
      makeFolder(join(temporary, folder));
      writeFileSync(join(temporary, folder, "config.json"), jsonText(content.config));
      await writeStateDict(join(temporary, folder, "head.pt"), tensors);
    }
    writeFileSync(join(temporary, TRAINING_METRICS), jsonText(content.metrics));
    renameSync(temporary, directory);
  } catch (cause) {
    checkRunIsNew(directory);
    throw new InputError("the head cannot be written", {
      file: directory,
      found: (cause as NodeJS.ErrnoException).code ?? (cause as Error).message,
      remedy: "Check that the folder may be written to and has room.",
      cause,
    });
  } finally {
    discard(temporary);
  }
  return directory;
}

/** JSON as Python's `json.dump(…, indent=2)` writes it; a number that does not exist is null. */
function jsonText(value: object): string {
  return `${JSON.stringify(value, null, 2)}\n`;
}
