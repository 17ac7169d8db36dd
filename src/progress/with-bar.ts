import type { Progress } from "./progress";
import { type ProgressBarOptions, progressBar } from "./progress-bar";

/**
 * Runs work with a bar of its own, unless the caller has one, or wants none.
 *
 * @param progress the caller's; null for none; a bar of its own if undefined
 */
export async function withBar<T>(
  { progress }: { readonly progress?: Progress | null },
  bar: ProgressBarOptions,
  work: (progress: Progress | undefined) => Promise<T>,
): Promise<T> {
  if (progress !== undefined) {
    progress?.expect?.(bar.total);
    return work(progress ?? undefined);
  }
  const own = progressBar(bar);
  try {
    return await work(own);
  } finally {
    own.done();
  }
}
