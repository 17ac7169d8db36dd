import type { Command } from "commander";
import { InputError } from "../errors";
import { isLoopback } from "../explore/access";
import { type LocalExplorer, localExplorer } from "../explore/local-explorer";
import { openInBrowser } from "../explore/open-in-browser";
import { type ExploreServer, exploreServer } from "../explore/server";
import { listenForInterrupt } from "../progress/interrupt";
import { lineOf } from "./error-line";
import type { Output } from "./output";
import { baseOptions } from "./shared-options";

/** Where the page is unless another port is asked for, or another program has it. */
const USUAL_PORT = 8765;

const LARGEST_PORT = 65_535;

interface ExploreFlags {
  readonly base?: string;
  readonly revision?: string;
  readonly port?: string;
  readonly host: string;
  readonly open: boolean;
  readonly results: string;
}

/** `tslens explore [MODEL_DIR]` */
export function exploreCommand(command: Command, output: Output): void {
  baseOptions(command)
    .option(
      "--port <n>",
      `of the page; 0 takes any that is free (default: ${USUAL_PORT}, or a free one)`,
    )
    .option(
      "--host <address>",
      "to listen on; another than this machine's own lets others in",
      "127.0.0.1",
    )
    .option("--no-open", "do not open a browser")
    .option("--results <dir>", "the folder in which saved audits are looked for", "results")
    .action((modelDir: string | undefined, flags: ExploreFlags) =>
      explore(modelDir, flags, output),
    );
}

async function explore(
  modelDir: string | undefined,
  { port, host, open, ...options }: ExploreFlags,
  output: Output,
): Promise<void> {
  const asked = port === undefined ? null : portNumber(port);
  const interrupt = listenForInterrupt();
  let explorer: LocalExplorer | null = null;
  let server: ExploreServer | null = null;
  let forget = () => {};
  try {
    explorer = await localExplorer({ modelDir, ...options });
    const heads = await explorer.heads();
    // A head that was asked for by name is known to be usable before a browser opens.
    if (modelDir !== undefined && heads.length === 1) await explorer.open(heads[0].id);
    server = await listening(explorer, host, asked);
    if (!isLoopback(host)) {
      output.note(
        `Note: ${host} lets other machines in: whoever has the address below${elsewhere(host)} can use this page, and it goes over the network unencrypted.`,
      );
    }
    await output.print(`tslens explore: ${server.url}\nCtrl-C ends it.\n`);
    if (open) forget = await openInBrowser(server.url);
    await aborted(interrupt.signal);
  } finally {
    forget();
    await server?.close();
    await explorer?.dispose();
    interrupt.release();
  }
}

/** Where the reader wants it; where not asked, a free port if the usual one is taken. */
async function listening(
  explorer: LocalExplorer,
  host: string,
  asked: number | null,
): Promise<ExploreServer> {
  const at = (port: number) => exploreServer(explorer, { host, port, unforeseen: lineOf });
  if (asked !== null) return at(asked);
  return at(USUAL_PORT).catch(() => at(0));
}

/** "All addresses" is none that another machine could open. */
function elsewhere(host: string): string {
  const isAll = host === "0.0.0.0" || host === "::";
  return isAll ? " (elsewhere with this machine's IP address in place of 127.0.0.1)" : "";
}

function portNumber(text: string): number {
  const port = Number(text);
  if (/^\d+$/.test(text) && port <= LARGEST_PORT) return port;
  throw new InputError("--port is no port", {
    found: `"${text}"`,
    expected: `a whole number from 0 to ${LARGEST_PORT}`,
  });
}

function aborted(signal: AbortSignal): Promise<void> {
  return new Promise((done) => {
    if (signal.aborted) done();
    else signal.addEventListener("abort", () => done(), { once: true });
  });
}
