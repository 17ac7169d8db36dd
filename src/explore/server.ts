import type { AddressInfo } from "node:net";
import { type ServerType, serve } from "@hono/node-server";
import { Hono } from "hono";
import { servedPagePolicy } from "../display/page-policy";
import { InputError } from "../errors";
import { access, bracketed, TOKEN } from "./access";
import { explorerApi } from "./api";
import type { Explorer } from "./explorer";
import { pageFiles } from "./page-files";

/** Tabs of a reader have a few each; more are nobody's. */
const MOST_CONNECTIONS = 64;

/** How long a client may take to say what it wants, or to take a part of the answer. */
const PATIENCE_MS = 10_000;

export interface ExploreServerOptions {
  /** Only this machine unless another address is given. */
  readonly host?: string;
  /** A free one if 0. */
  readonly port: number;
  /** What a reader is told of an error that is none of ours. */
  readonly unforeseen: (error: unknown) => string;
  /** How long a client may take to say what it wants, and to take a part of the answer, in milliseconds. */
  readonly patienceMs?: number;
}

export interface ExploreServer {
  /** The address to open first, with its token. */
  readonly url: string;
  readonly port: number;
  /** Ends every connection; nothing is answered any more. */
  close(): Promise<void>;
}

/**
 * Serves the page of `tslens explore`, and answers it.
 *
 * @throws InputError if it cannot listen there.
 */
export async function exploreServer(
  explorer: Explorer,
  { host = "127.0.0.1", port, unforeseen, patienceMs = PATIENCE_MS }: ExploreServerOptions,
): Promise<ExploreServer> {
  const files = pageFiles();
  const app = new Hono();
  let listening = port;
  const { token, guard } = access(host, () => listening);

  app.use(async (context, next) => {
    await next();
    for (const [name, value] of Object.entries(HEADERS)) context.header(name, value);
  });
  app.use(guard);
  app.route("/api", explorerApi(explorer, { unforeseen, patienceMs }));
  for (const [path, { type, content }] of files) {
    app.get(path, (context) =>
      context.body(new Uint8Array(content), 200, { "content-type": type }),
    );
  }
  app.notFound((context) => context.text("404 There is no such page.\n", 404));
  app.onError((error, context) => context.json({ error: unforeseen(error) }, 500));

  const server = await listen(app, { hostname: host, port, patienceMs });
  listening = (server.address() as AddressInfo).port;
  return {
    url: `http://${bracketed(shownHost(host))}:${listening}/?${TOKEN}=${token}`,
    port: listening,
    close: () =>
      new Promise((done) => {
        server.close(() => done());
        if ("closeAllConnections" in server) server.closeAllConnections();
      }),
  };
}

/** With every answer, refusals too. */
const HEADERS = {
  "content-security-policy": servedPagePolicy(),
  "x-content-type-options": "nosniff",
  "x-frame-options": "DENY",
  "referrer-policy": "no-referrer",
  "cross-origin-resource-policy": "same-origin",
  "cross-origin-opener-policy": "same-origin",
  "cache-control": "no-store",
};

/** An address that a browser can open: "all addresses" is none. */
function shownHost(host: string): string {
  return host === "0.0.0.0" || host === "::" ? "127.0.0.1" : host;
}

function listen(
  app: Hono,
  {
    hostname,
    port,
    patienceMs,
  }: { readonly hostname: string; readonly port: number; readonly patienceMs: number },
): Promise<ServerType> {
  return new Promise((done, failed) => {
    const server = serve({
      ...{ fetch: app.fetch, hostname, port },
      // A page's own requests must not become responses of other implementations of the web's classes.
      overrideGlobalObjects: false,
      serverOptions: {
        ...{ requestTimeout: patienceMs, headersTimeout: patienceMs },
        connectionsCheckingInterval: patienceMs / 4,
      },
    });
    if ("maxConnections" in server) server.maxConnections = MOST_CONNECTIONS;
    server.once("listening", () => done(server));
    server.once("error", (cause: NodeJS.ErrnoException) => {
      const code = cause.code ?? cause.message;
      const anotherPort = "Give another one by --port; 0 takes any that is free.";
      failed(
        code === "EADDRINUSE"
          ? new InputError("another program uses this port", {
              ...{ found: `port ${port}`, remedy: anotherPort, cause },
            })
          : code === "EACCES"
            ? new InputError("this port is not for everybody", {
                ...{ found: `port ${port} (${code})`, remedy: anotherPort, cause },
              })
            : new InputError("this is no address of this machine", {
                found: `${hostname} (${code})`,
                remedy: "Give another one by --host; without it only this machine is listened to.",
                cause,
              }),
      );
    });
  });
}
