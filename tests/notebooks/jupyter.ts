import { type ChildProcess, spawn, spawnSync } from "node:child_process";
import { cpSync, existsSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as wait } from "node:timers/promises";
import type { Page } from "playwright-core";
import { inBrowser } from "../../src/display/browser";
import { PROJECT } from "./kernel";

/** Long: a machine with two busy cores takes its time, and a test that waits less says nothing. */
const PATIENCE_MS = 120_000;

/** A Jupyter server on this machine, with JupyterLab and Notebook 7, over one folder. */
export interface JupyterServer {
  /** The address of a notebook in JupyterLab, with nothing left of earlier visits. */
  inLab(notebook: string): string;
  /** The address of a notebook in Notebook 7. */
  inNotebook7(notebook: string): string;
  /** Marks a notebook as trusted, as `jupyter trust` does: this content, in whatever file. */
  trust(notebook: string): void;
  stop(): Promise<void>;
}

export interface JupyterOptions {
  /** Whether JupyterLab has its extensions, of which the plotly renderer is one. */
  readonly plotlyRenderer?: boolean;
}

/** Starts a Jupyter server that shares nothing with the user's own but the kernel. */
export async function startJupyter(
  folder: string,
  { plotlyRenderer = true }: JupyterOptions = {},
): Promise<JupyterServer> {
  const { jupyterEnvironment } = await import("../../scripts/setup/kernel.mjs");
  const { environmentPython } = await import("../../scripts/setup/python.mjs");
  const state = mkdtempSync(join(tmpdir(), "tslens-jupyter-"));
  const [config, runtime] = ["config", "runtime"].map((name) => join(state, name));
  cpSync(join(PROJECT, ".tslens", "jupyter", "config"), config, { recursive: true });
  const env = {
    ...jupyterEnvironment(),
    // Trust is kept in the data folder.
    JUPYTER_DATA_DIR: join(state, "data"),
    JUPYTER_CONFIG_DIR: config,
    JUPYTER_RUNTIME_DIR: runtime,
  };
  const jupyter = spawn(
    environmentPython,
    [
      ...["-m", "jupyterlab", "--no-browser", "--allow-root", "--ip=127.0.0.1", "--port=0"],
      // A list with one place where there is nothing: an option given twice is a list.
      ...(plotlyRenderer
        ? []
        : Array(2).fill(`--LabApp.labextensions_path=${join(state, "none")}`)),
      // Should this process be killed: kernels that nobody uses end, then the server does.
      ...[
        "--ServerApp.shutdown_no_activity_timeout=600",
        "--MappingKernelManager.cull_interval=60",
      ],
      ...[
        "--MappingKernelManager.cull_idle_timeout=300",
        "--MappingKernelManager.cull_connected=True",
      ],
    ],
    { cwd: folder, env, stdio: ["ignore", "ignore", "pipe"] },
  );
  let log = "";
  jupyter.stderr?.setEncoding("utf8").on("data", (text: string) => {
    log += text;
  });
  const stop = async () => {
    await ended(jupyter);
    rmSync(state, { recursive: true, force: true, maxRetries: 5 });
  };
  try {
    const { url, token } = await whenReady(join(runtime, `jpserver-${jupyter.pid}.json`), jupyter);
    const address = (path: string) => `${url}${path}token=${token}`;
    return {
      inLab: (notebook) => address(`lab/tree/${notebook}?reset&`),
      inNotebook7: (notebook) => address(`notebooks/${notebook}?`),
      trust(notebook) {
        const args = ["-m", "nbformat.sign", join(folder, notebook)];
        const { status, stderr } = spawnSync(environmentPython, args, { env, encoding: "utf8" });
        if (status !== 0) throw new Error(stderr);
      },
      stop,
    };
  } catch (error) {
    await stop();
    throw new Error(`${(error as Error).message}\n${log}`);
  }
}

/** What the server says of itself once it listens. */
async function whenReady(
  file: string,
  server: ChildProcess,
): Promise<{ url: string; token: string }> {
  for (const end = Date.now() + PATIENCE_MS; Date.now() < end; await wait(200)) {
    if (server.exitCode !== null) throw new Error(`Jupyter ended with ${server.exitCode}`);
    try {
      if (existsSync(file)) return JSON.parse(readFileSync(file, "utf8"));
    } catch {
      // Half-written: again.
    }
  }
  throw new Error("Jupyter did not start");
}

/** Ends the server, which ends its kernels. */
async function ended(server: ChildProcess): Promise<void> {
  if (server.exitCode !== null || server.signalCode !== null) return;
  const exit = new Promise((resolve) => server.once("exit", resolve));
  server.kill("SIGTERM");
  const giveUp = setTimeout(() => server.kill("SIGKILL"), 30_000);
  await exit;
  clearTimeout(giveUp);
}

/** What a page of Jupyter did while a test looked at it. */
export interface JupyterVisit {
  readonly page: Page;
  /** Errors in the console and uncaught ones, so far. */
  readonly errors: string[];
  /** Addresses outside of this machine that it asked for; none was reached. */
  readonly outside: string[];
}

/** Opens a page of a Jupyter server in a browser that reaches nothing but this machine. */
export async function visitJupyter<Result>(
  address: string,
  look: (visit: JupyterVisit) => Promise<Result>,
): Promise<Result> {
  return inBrowser(async (plotlyPage) => {
    const browser = plotlyPage.context().browser()!;
    const context = await browser.newContext({ viewport: { width: 1280, height: 900 } });
    context.setDefaultTimeout(PATIENCE_MS);
    context.setDefaultNavigationTimeout(PATIENCE_MS);
    const errors: string[] = [];
    const outside: string[] = [];
    try {
      await context.route(isOutside, (route) => {
        outside.push(route.request().url());
        return route.abort();
      });
      const page = await context.newPage();
      page.on("websocket", (socket) => {
        if (isOutside(new URL(socket.url()))) outside.push(socket.url());
      });
      page.on("console", (message) => {
        if (message.type() === "error") errors.push(message.text());
      });
      page.on("pageerror", (error) => errors.push(error.message));
      await page.goto(address);
      await page.waitForSelector(".jp-Notebook .jp-Cell");
      return await look({ page, errors, outside });
    } finally {
      await context.close();
    }
  });
}

function isOutside({ protocol, hostname }: URL): boolean {
  return /^(https?|wss?):$/.test(protocol) && hostname !== "127.0.0.1";
}
