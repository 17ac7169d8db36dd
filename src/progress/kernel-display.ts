/**
 * One output of a notebook cell: the same thing in several MIME types, of which the reader's program
 * shows the best that it knows.
 */
export type MimeBundle = Readonly<Record<string, unknown>>;

export interface DisplayOptions {
  /** By MIME type, e.g. the size at which a picture is shown. */
  readonly metadata?: Readonly<Record<string, unknown>>;
  /** Outputs with the same id are one output. */
  readonly id?: string;
  /** Replace what the output with this id shows. */
  readonly update?: boolean;
}

/** What tslab's kernel keeps of its connection; see `dist/jupyter` of tslab 1.0. */
interface TslabJupyter {
  lastWriteDisplayData?:
    | ((
        message: { data: MimeBundle; metadata: object; transient: { display_id?: string } },
        update: boolean,
      ) => void)
    | null;
}

/**
 * The running tslab kernel's connection, or null outside of a kernel.
 *
 * It is looked up among the modules that this process has loaded, not imported: the kernel may be
 * another installed copy of tslab than the one that this package would find, and outside of a
 * kernel nothing of tslab (and its TypeScript) is loaded.
 */
function kernel(): TslabJupyter | null {
  for (const [file, module] of Object.entries(require.cache)) {
    if (/[\\/]tslab[\\/]dist[\\/]jupyter\.js$/.test(file)) {
      const jupyter = module?.exports as TslabJupyter | undefined;
      if (typeof jupyter?.lastWriteDisplayData === "function") return jupyter;
    }
  }
  return null;
}

/** Whether this process is a tslab kernel that runs, or has run, a cell. */
export function isInKernel(): boolean {
  return kernel() !== null;
}

/**
 * Shows one output in the notebook.
 *
 * @returns false outside of a kernel, where nothing happens
 */
export function displayBundle(
  bundle: MimeBundle,
  { metadata = {}, id, update = false }: DisplayOptions = {},
): boolean {
  const write = kernel()?.lastWriteDisplayData;
  if (!write) return false;
  write({ data: bundle, metadata, transient: id === undefined ? {} : { display_id: id } }, update);
  return true;
}
