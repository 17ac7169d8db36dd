import { once } from "node:events";
import { existsSync, readFileSync, statSync } from "node:fs";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { extname, join } from "node:path";
import { after } from "node:test";

const TYPES: Readonly<Record<string, string>> = {
  ".html": "text/html",
  ".js": "text/javascript",
  ".css": "text/css",
  ".json": "application/json",
  ".svg": "image/svg+xml",
  ".wasm": "application/wasm",
};

/** A folder below the root, as many web hosts give one. */
const BELOW = "/some/where/";

const endings: (() => void)[] = [];
after(() => {
  for (const end of endings) end();
});

export interface StaticFilesOptions {
  /** Sent with every file. */
  readonly headers?: Readonly<Record<string, string>>;
  /** Names of files that are not there. */
  readonly without?: readonly string[];
}

/** A web host of static files and nothing else; closed after the tests of the file that calls this. */
export async function staticFiles(
  folder: string,
  { headers = {}, without = [] }: StaticFilesOptions = {},
): Promise<string> {
  const server = createServer(({ url }, response) => {
    const { pathname } = new URL(url!, "http://host");
    const name = pathname.slice(BELOW.length) || "index.html";
    const file = join(folder, name);
    const isThere = pathname.startsWith(BELOW) && existsSync(file) && statSync(file).isFile();
    if (!isThere || without.includes(name)) {
      response.statusCode = 404;
      response.end();
      return;
    }
    for (const [header, value] of Object.entries(headers)) response.setHeader(header, value);
    response.setHeader("content-type", TYPES[extname(file)] ?? "application/octet-stream");
    response.end(readFileSync(file));
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  endings.push(() => {
    server.close();
    server.closeAllConnections();
  });
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}${BELOW}`;
}
