import { request } from "node:http";
import { after } from "node:test";
import type { Explorer } from "../../src/explore/explorer";
import { type LocalExplorerOptions, localExplorer } from "../../src/explore/local-explorer";
import {
  type ExploreServer,
  type ExploreServerOptions,
  exploreServer,
} from "../../src/explore/server";

const endings: (() => Promise<void>)[] = [];
after(() => Promise.all(endings.map((end) => end())));

/** A server that is closed after the tests of the file that calls this. */
export async function served(
  explorer: Explorer,
  port = 0,
  options: Partial<ExploreServerOptions> = {},
): Promise<ExploreServer> {
  const unforeseen = (error: unknown) => `not foreseen: ${(error as Error).stack}`;
  const server = await exploreServer(explorer, { port, unforeseen, ...options });
  endings.push(() => server.close());
  return server;
}

/** The same of heads in folders. */
export async function servedHeads(options: LocalExplorerOptions = {}): Promise<ExploreServer> {
  const explorer = await localExplorer(options);
  const server = await served(explorer);
  endings.push(() => explorer.dispose());
  return server;
}

export interface Answer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  readonly body: string;
}

export interface Asked {
  readonly path?: string;
  readonly method?: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string;
}

/** One request, with whatever headers: no browser would let a test say them. */
export function ask(
  port: number,
  { path = "/", method = "GET", headers = {}, body }: Asked = {},
): Promise<Answer> {
  return new Promise((done, failed) => {
    const options = { host: "127.0.0.1", port, path, method, headers, agent: false };
    const asking = request(options, (response) => {
      let text = "";
      response.setEncoding("utf8");
      response.on("data", (part) => {
        text += part;
      });
      response.on("end", () =>
        done({ status: response.statusCode!, headers: response.headers, body: text }),
      );
      response.on("error", failed);
    });
    asking.on("error", failed);
    asking.end(body);
  });
}

/** The cookie that the first address gives. */
export async function cookieOf({ url, port }: ExploreServer): Promise<string> {
  const { headers } = await ask(port, { path: url.slice(url.indexOf("/?")) });
  return String(headers["set-cookie"]).split(";")[0];
}
