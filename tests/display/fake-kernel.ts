/** What a kernel was told to show. */
export interface Output {
  readonly data: Record<string, unknown>;
  readonly metadata: Record<string, unknown>;
  readonly transient: { readonly display_id?: string };
  readonly update: boolean;
}

/**
 * Runs with a module among the loaded ones that looks like a running tslab kernel's, and returns
 * what was shown. That the real kernel is found in the same way is seen by the notebooks' tests.
 */
export async function inFakeKernel(run: () => unknown): Promise<Output[]> {
  const outputs: Output[] = [];
  const file = "/somewhere/node_modules/tslab/dist/jupyter.js";
  require.cache[file] = {
    exports: {
      lastWriteDisplayData: (message: Omit<Output, "update">, update: boolean) =>
        outputs.push({ ...message, update }),
    },
  } as NodeJS.Module;
  try {
    await run();
  } finally {
    delete require.cache[file];
  }
  return outputs;
}
