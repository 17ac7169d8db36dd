/** The padded batch of whole-runs.ts in a Python that has TransformerLens or transformers, if there is one. */
import { spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { type PatchCase, runsOf, type Timed } from "./patch-case";
import { paddedRows } from "./whole-runs";

export const LIBRARIES = ["transformer_lens", "transformers"] as const;
export type Library = (typeof LIBRARIES)[number];

/** A Python process that has loaded the model. */
export interface PythonBatch {
  /** The library, its version and PyTorch's. */
  readonly versions: string;
  run(patchCase: PatchCase): Promise<Timed>;
  close(): void;
}

/** The Python that is asked: `TSLENS_BENCH_PYTHON`, else `python3`. */
export function benchPython(): string {
  return process.env.TSLENS_BENCH_PYTHON || "python3";
}

/** Whether that Python imports the library, with PyTorch and transformers. */
export function hasLibrary(library: Library): boolean {
  const program = `import torch, transformers, ${library}`;
  return spawnSync(benchPython(), ["-c", program], { stdio: "ignore" }).status === 0;
}

/** @throws Error if the process ends before it has answered. */
export async function startPython(library: Library, folder: string): Promise<PythonBatch> {
  const script = join(__dirname, "padded_batch.py");
  const python = spawn(benchPython(), [script, library, folder], {
    stdio: ["pipe", "pipe", "inherit"],
  });
  const lines = createInterface({ input: python.stdout });
  const answer = async () => {
    const [line] = await Promise.race([
      once(lines, "line"),
      once(lines, "close").then(() => {
        throw new Error(`${benchPython()} ended without an answer for ${library}`);
      }),
    ]);
    return JSON.parse(line);
  };
  const { versions } = await answer();
  return {
    versions,
    async run(patchCase) {
      const { layer, edits, head } = patchCase;
      const runs = runsOf(patchCase);
      const ofRuns = runs.map(({ edit }) => edits[edit]);
      const request = {
        ...paddedRows(patchCase, runs),
        layer,
        neurons: ofRuns.map(({ neuron }) => neuron),
        factors: ofRuns.map(({ factor }) => factor),
        head: [...head],
      };
      python.stdin.write(`${JSON.stringify(request)}\n`);
      const { seconds, predictions } = await answer();
      return {
        seconds,
        predictions: new Map(runs.map(({ number }, i) => [number, predictions[i]])),
      };
    },
    close: () => python.stdin.end(),
  };
}
