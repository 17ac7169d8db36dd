import { createHash } from "node:crypto";
import { readdirSync, readFileSync } from "node:fs";
import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { gzipSync } from "node:zlib";

/** How the download of a file goes wrong. */
export type Failure =
  /** The connection breaks after so many bytes, each time. */
  | { readonly kind: "cut"; readonly after: number; readonly times: number }
  /** Only half of the file is sent, as if it were all. */
  | { readonly kind: "short" }
  /** More is sent than there is, without a length. */
  | { readonly kind: "long" }
  /** As long, and another content. */
  | { readonly kind: "garbage"; times: number }
  /** So many bytes, and then nothing more, also when it is asked again. */
  | { readonly kind: "stall"; readonly after: number }
  /** What is sent says that it is gzipped. */
  | { readonly kind: "gzip"; readonly content: Uint8Array };

export interface Repository {
  readonly name: string;
  readonly files: Readonly<Record<string, Uint8Array>>;
  readonly commit?: string;
  /** The hub sends those who ask by this name to the other. */
  readonly formerName?: string;
  /** The token without which the hub says that there is no such model. */
  readonly token?: string;
  /** Files are given only with the token; the model is shown to everybody. */
  readonly isGated?: boolean;
}

const COMMIT = "0123456789abcdef0123456789abcdef01234567";

/** Larger files are kept apart, as Git LFS does: on another host, known by their SHA-256. */
const SMALLEST_LFS_FILE = 10_000;

/**
 * A Hugging Face hub on this machine with a few models: the parts of its API that are needed, redirects of large files
 * to another host, ranges, and failures on demand.
 */
export class HubServer {
  /** `METHOD path` of every request, with the range if one was asked for. */
  readonly requests: string[] = [];
  /** The Authorization header of every request to the host of large files. */
  readonly tokensAtCdn: (string | undefined)[] = [];
  readonly failures = new Map<string, Failure>();
  /** If set, every request is answered with it, or so many. */
  status: { code: number; headers?: Record<string, string>; times?: number } | undefined;
  /** If set, it answers questions about models. */
  onQuestion: ((request: IncomingMessage, response: ServerResponse) => void) | undefined;
  /** The Authorization header of every request to the hub. */
  readonly authorizations: (string | undefined)[] = [];
  /** Large files are sent whole, whatever range is asked for. */
  ignoresRanges = false;
  private readonly hub: Server;
  private readonly cdn: Server;

  private constructor(private readonly repositories: readonly Repository[]) {
    this.hub = createServer((request, response) => this.answer(request, response));
    this.cdn = createServer((request, response) => {
      this.tokensAtCdn.push(request.headers.authorization);
      const [name, path] = fromAddress(request).searchParams.get("file")!.split(":");
      this.note(request);
      this.send(request, response, path, this.repository(name)!.files[path]);
    });
  }

  static async start(...repositories: readonly Repository[]): Promise<HubServer> {
    const server = new HubServer(repositories);
    for (const each of [server.hub, server.cdn]) {
      await new Promise<void>((listening) => each.listen(0, "127.0.0.1", listening));
    }
    return server;
  }

  get endpoint(): string {
    return address(this.hub);
  }

  close(): void {
    for (const server of [this.hub, this.cdn]) {
      server.close();
      server.closeAllConnections();
    }
  }

  private answer(request: IncomingMessage, response: ServerResponse): void {
    this.note(request);
    this.authorizations.push(request.headers.authorization);
    if (this.status) {
      response.writeHead(this.status.code, this.status.headers).end();
      if (this.status.times !== undefined && --this.status.times === 0) this.status = undefined;
      return;
    }
    if (this.onQuestion && request.url!.startsWith("/api/")) {
      this.onQuestion(request, response);
      return;
    }
    const { pathname } = fromAddress(request);
    const model = /^\/api\/models\/(.+?)\/(revision|paths-info)\/([^/]+)$/.exec(pathname);
    const file = /^\/(.+?)\/resolve\/([^/]+)\/(.+)$/.exec(pathname);
    const [, name, revision] = file ?? [model?.[0], model?.[1], model?.[3]];
    const renamed = this.repositories.find(({ formerName }) => name && formerName === name);
    if (renamed) {
      const location = request.url!.replace(`/${name}/`, `/${renamed.name}/`);
      response.writeHead(307, { Location: location }).end();
      return;
    }
    const repository = name === undefined ? undefined : this.repository(name);
    const isAllowed =
      !repository?.token || request.headers.authorization === `Bearer ${repository.token}`;
    if (!repository || (!isAllowed && !repository.isGated)) {
      response.writeHead(401, { "X-Error-Code": "RepoNotFound" }).end();
      return;
    }
    if (!["main", "v1", commitOf(repository)].includes(revision ?? "")) {
      response.writeHead(404, { "X-Error-Code": "RevisionNotFound" }).end();
      return;
    }
    if (model?.[2] === "revision") {
      const siblings = Object.keys(repository.files).map((rfilename) => ({ rfilename }));
      json(response, { _id: "1", id: repository.name, sha: commitOf(repository), siblings });
    } else if (model) {
      let body = "";
      request.on("data", (chunk) => {
        body += chunk;
      });
      request.on("end", () => {
        const paths: string[] = JSON.parse(body).paths;
        json(
          response,
          paths
            .filter((path) => path in repository.files)
            .map((path) => pathInfo(path, repository.files[path])),
        );
      });
    } else if (!isAllowed) {
      response.writeHead(403, { "X-Error-Code": "GatedRepo" }).end();
    } else if (file) {
      const [, , , path] = file;
      const content = repository.files[path];
      if (!content) response.writeHead(404, { "X-Error-Code": "EntryNotFound" }).end();
      else if (content.length < SMALLEST_LFS_FILE) this.send(request, response, path, content);
      else {
        const query = new URLSearchParams({ file: `${repository.name}:${path}`, signature: "s" });
        response.writeHead(302, { Location: `${address(this.cdn)}/?${query}` }).end();
      }
    }
  }

  private send(
    request: IncomingMessage,
    response: ServerResponse,
    path: string,
    content: Uint8Array,
  ): void {
    const failure = this.failures.get(path);
    const range = this.ignoresRanges ? null : /^bytes=(\d+)-/.exec(request.headers.range ?? "");
    const start = Number(range?.[1] ?? 0);
    let body = Buffer.from(content.subarray(start));
    if (failure?.kind === "garbage" && failure.times-- > 0) body.fill(7);
    if (failure?.kind === "short") body = body.subarray(0, content.length / 2);
    if (failure?.kind === "long") {
      response.writeHead(200).write(body);
      response.end("and more");
      return;
    }
    if (failure?.kind === "gzip") {
      response.writeHead(200, { "Content-Encoding": "gzip" }).end(gzipSync(failure.content));
      return;
    }
    response.writeHead(range ? 206 : 200, {
      "Content-Length": body.length,
      ...(range && {
        "Content-Range": `bytes ${start}-${content.length - 1}/${content.length}`,
      }),
    });
    if (failure?.kind === "cut" && failure.times > 0) {
      this.failures.set(path, { ...failure, times: failure.times - 1 });
      response.write(body.subarray(0, failure.after), () => {
        // The bytes are to arrive before the end does.
        setTimeout(() => response.destroy(), 20);
      });
      return;
    }
    if (failure?.kind === "stall") {
      this.failures.set(path, { kind: "stall", after: 0 });
      response.write(body.subarray(0, failure.after));
      return;
    }
    response.end(body);
  }

  private repository(name: string): Repository | undefined {
    return this.repositories.find((repository) => repository.name === name);
  }

  private note(request: IncomingMessage): void {
    const { range } = request.headers;
    const { pathname, searchParams } = fromAddress(request);
    const path = searchParams.get("file") ?? pathname;
    this.requests.push(`${request.method} ${path}${range ? ` ${range}` : ""}`);
  }
}

/** A model on the hub with the files of a folder. */
export function repositoryOf(name: string, folder: string): Repository {
  const files = readdirSync(folder).map((file) => [file, readFileSync(join(folder, file))]);
  return { name, files: Object.fromEntries(files) };
}

export function commitOf({ commit = COMMIT }: Repository): string {
  return commit;
}

/** What the hub knows a file by. */
export function hashOf(content: Uint8Array): string {
  return content.length < SMALLEST_LFS_FILE
    ? createHash("sha1").update(`blob ${content.length}\0`).update(content).digest("hex")
    : createHash("sha256").update(content).digest("hex");
}

function pathInfo(path: string, content: Uint8Array): object {
  const size = content.length;
  const hash = hashOf(content);
  if (size < SMALLEST_LFS_FILE) return { type: "file", path, size, oid: hash };
  const lfs = { oid: hash, size, pointerSize: 134 };
  return { type: "file", path, size, oid: "0".repeat(40), lfs, xetHash: "1".repeat(64) };
}

function json(response: ServerResponse, content: unknown): void {
  response.writeHead(200, { "Content-Type": "application/json" }).end(JSON.stringify(content));
}

function address(server: Server): string {
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

function fromAddress(request: IncomingMessage): URL {
  return new URL(request.url!, "http://127.0.0.1");
}
