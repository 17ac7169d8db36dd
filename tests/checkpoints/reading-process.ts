/** Reads the files that it is told to and says what that cost: a process of its own, which may run out of memory. */
import { openCheckpoint } from "../../src/checkpoints/open-checkpoint";
import { tensorStatistics } from "../../src/cli/tensor-statistics";
import { measured } from "./measured-reading";

export interface ReadingReport {
  readonly milliseconds: number;
  readonly memory: number;
  readonly names: readonly string[];
  readonly error: { readonly name: string; readonly message: string } | null;
}

/** Where a test runs, this is only its types. */
if (require.main === module) {
  process.on("message", async ({ path, allTensors }: { path: string; allTensors: boolean }) => {
    globalThis.gc?.();
    const names: string[] = [];
    const { error, ...cost } = await measured(async () => {
      const source = await openCheckpoint(path, { allTensors });
      try {
        for (const name of source.names) {
          tensorStatistics(source.read(name).data);
          names.push(name);
        }
      } finally {
        source.close();
      }
    });
    const { name, message } = (error ?? {}) as Error;
    const report: ReadingReport = {
      ...cost,
      names: names.slice(0, 10),
      error: error === undefined ? null : { name, message },
    };
    process.send!(report);
  });
}
