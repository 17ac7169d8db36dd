import assert from "node:assert/strict";
import {
  cpSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { createServer, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { homedir } from "node:os";
import { dirname, join } from "node:path";
import { after, afterEach, before, describe, it } from "node:test";
import { inspect } from "node:util";
import { gzipSync } from "node:zlib";
import { cachedSnapshot } from "../../src/checkpoints/hub/cached-snapshot";
import { downloadSnapshot } from "../../src/checkpoints/hub/download-snapshot";
import { type HubSettings, hubSettings } from "../../src/checkpoints/hub/hub-settings";
import { planDownload } from "../../src/checkpoints/hub/plan-download";
import { isRepositoryName } from "../../src/checkpoints/hub/repository";
import { openModelFolder } from "../../src/checkpoints/model-folder";
import { HubError } from "../../src/errors";
import { fixture } from "../golden";
import { commitOf, HubServer, hashOf, type Repository, repositoryOf } from "./hub-server";
import { assertRefused } from "./refusals";
import { temporaryFolder } from "./temporary-folder";

const folder = temporaryFolder();

const TINY = repositoryOf("acme/tiny", fixture("golden-a", "base-model"));
const SHARDED = repositoryOf("acme/sharded", fixture("golden-a", "base-model-sharded"));
const RENAMED: Repository = { ...TINY, name: "acme/renamed", formerName: "tiny-renamed" };
const BIN = repositoryOf("tiny-bin", fixture("golden-a", "base-model-bin"));
const PRIVATE: Repository = { ...TINY, name: "acme/private", token: "secret" };
const GATED: Repository = { ...PRIVATE, name: "acme/gated", isGated: true };
const TEXTS: Repository = { name: "acme/texts", files: { "README.md": Buffer.from("hi") } };
const WITH_TOKENIZER: Repository = {
  name: "acme/with-tokenizer",
  files: {
    ...TINY.files,
    "tokenizer.json": Buffer.from("{}"),
    "flax_model.msgpack": Buffer.from("no"),
  },
};
const SETTINGS = {
  "added_tokens.json": Buffer.from('{"<x>": 1}'),
  "special_tokens_map.json": Buffer.from('{"bos_token": "<x>"}'),
};
const OLD_TOKENIZER = {
  "merges.txt": Buffer.from("#version: 0.2\na b\n"),
  "vocab.json": Buffer.from('{"a": 0, "b": 1, "ab": 2}'),
};
const WITH_OLD_TOKENIZER: Repository = {
  name: "acme/old-tokenizer",
  files: { ...TINY.files, ...SETTINGS, ...OLD_TOKENIZER },
};
const BERT_TOKENIZER = { "vocab.txt": Buffer.from("[UNK]\na\n") };
const WITH_BERT_TOKENIZER: Repository = {
  name: "acme/bert-tokenizer",
  files: { ...TINY.files, ...BERT_TOKENIZER },
};
const WITH_BOTH: Repository = {
  name: "acme/both-tokenizers",
  files: { ...WITH_OLD_TOKENIZER.files, "tokenizer.json": Buffer.from("{}") },
};
const WEIGHTS = "model.safetensors";
const COMMIT = commitOf(TINY);
const NAMES = ["config.json", WEIGHTS];

let server: HubServer;
let caches = 0;

before(async () => {
  server = await HubServer.start(
    TINY,
    SHARDED,
    RENAMED,
    BIN,
    PRIVATE,
    GATED,
    TEXTS,
    WITH_TOKENIZER,
    WITH_OLD_TOKENIZER,
    WITH_BERT_TOKENIZER,
    WITH_BOTH,
  );
});
after(() => server.close());
afterEach(() => {
  server.failures.clear();
  server.status = undefined;
  server.ignoresRanges = false;
  server.onQuestion = undefined;
  server.authorizations.length = 0;
  server.requests.length = 0;
});

/** The server, with an empty cache. */
function settings(more: Partial<HubSettings> = {}): HubSettings {
  const cacheFolder = join(folder, `cache-${caches++}`);
  return { ...hubSettings({ HF_ENDPOINT: server.endpoint }), cacheFolder, ...more };
}

async function download(name: string, hub: HubSettings, revision?: string): Promise<string> {
  const plan = await planDownload({ name, settings: hub, revision });
  return downloadSnapshot({ plan, settings: hub });
}

/** Name → content of a snapshot's files. */
function contentOf(snapshot: string): Record<string, Buffer> {
  const names = readdirSync(snapshot).sort();
  return Object.fromEntries(names.map((name) => [name, readFileSync(join(snapshot, name))]));
}

/** Nothing in the cache may be taken for a whole model. */
function assertNothingWhole(hub: HubSettings, name = TINY.name): void {
  const snapshot = cachedSnapshot({ name, cacheFolder: hub.cacheFolder });
  assert.ok(!snapshot?.isWhole, "the cache has a whole snapshot");
  const weights = join(hub.cacheFolder, "models--acme--tiny", "snapshots", COMMIT, WEIGHTS);
  assert.ok(!existsSync(weights), "the weights are in the snapshot");
  const blob = join(hub.cacheFolder, "models--acme--tiny", "blobs", hashOf(TINY.files[WEIGHTS]));
  assert.ok(!existsSync(blob), "the weights are among the blobs");
}

// Expected paths: the layout that Python's huggingface_hub 1.33 made from the same kind of server.
describe("a model from the hub", () => {
  it("lies in the cache as Python lays it out, and is read", async () => {
    const hub = settings();
    const snapshot = await download(TINY.name, hub);
    const repository = join(hub.cacheFolder, "models--acme--tiny");
    assert.equal(snapshot, join(repository, "snapshots", COMMIT));
    assert.equal(readFileSync(join(repository, "refs", "main"), "utf8"), COMMIT);
    for (const name of ["config.json", WEIGHTS]) {
      assert.deepEqual(readFileSync(join(snapshot, name)), Buffer.from(TINY.files[name]));
      assert.equal(
        readlinkSync(join(snapshot, name)),
        join("..", "..", "blobs", hashOf(TINY.files[name])),
      );
    }
    assert.deepEqual(readdirSync(join(repository, "blobs")).length, 2);
    assert.ok(existsSync(join(repository, ".no_exist", COMMIT, "tokenizer.json")));
    const { tensors } = await openModelFolder(snapshot);
    tensors.close();

    assert.deepEqual(cachedSnapshot({ name: TINY.name, cacheFolder: hub.cacheFolder }), {
      folder: snapshot,
      isWhole: true,
      hasTokenizer: true,
    });
  });

  it("comes without the files that are not needed", async () => {
    const snapshot = await download(WITH_TOKENIZER.name, settings());
    assert.deepEqual(Object.keys(contentOf(snapshot)), ["config.json", WEIGHTS, "tokenizer.json"]);
  });

  it("brings its tokenizer, in the old form if it has no other", async () => {
    const hub = settings();
    const old = await download(WITH_OLD_TOKENIZER.name, hub);
    assert.deepEqual(
      contentOf(old),
      Object.fromEntries(
        Object.entries(WITH_OLD_TOKENIZER.files)
          .filter(([name]) => name !== "generation_config.json")
          .sort(([a], [b]) => (a < b ? -1 : 1))
          .map(([name, content]) => [name, Buffer.from(content)]),
      ),
    );
    const both = Object.keys(contentOf(await download(WITH_BOTH.name, hub)));
    const names = [...NAMES, "tokenizer.json", ...Object.keys(SETTINGS)];
    assert.deepEqual(both, names.sort());
    const hasTokenizer = (name: string) =>
      cachedSnapshot({ name, cacheFolder: hub.cacheFolder })?.hasTokenizer;
    const bert = Object.keys(contentOf(await download(WITH_BERT_TOKENIZER.name, hub)));
    assert.deepEqual(bert, [...NAMES, "vocab.txt"].sort());
    for (const { name } of [WITH_OLD_TOKENIZER, WITH_BERT_TOKENIZER, WITH_BOTH]) {
      assert.equal(hasTokenizer(name), true, name);
    }
    rmSync(join(old, "merges.txt"));
    assert.equal(hasTokenizer(WITH_OLD_TOKENIZER.name), false);
  });

  it("may be sharded, a .bin, and have no owner", async () => {
    const sharded = contentOf(await download(SHARDED.name, settings()));
    assert.equal(Object.keys(sharded).length, 15);
    for (const [name, content] of Object.entries(sharded)) {
      assert.ok(content.equals(SHARDED.files[name]), name);
    }
    const hub = settings();
    const bin = await download(BIN.name, hub);
    assert.equal(bin, join(hub.cacheFolder, "models--tiny-bin", "snapshots", COMMIT));
    assert.deepEqual(Object.keys(contentOf(bin)), ["config.json", "pytorch_model.bin"]);
  });

  // As huggingface.co/gpt2, which is openai-community/gpt2 now.
  it("may be asked for by the name that it had before", async () => {
    const hub = settings();
    const snapshot = await download("tiny-renamed", hub);
    assert.equal(snapshot, join(hub.cacheFolder, "models--tiny-renamed", "snapshots", COMMIT));
    assert.ok(contentOf(snapshot)[WEIGHTS].equals(TINY.files[WEIGHTS]));
    assert.ok(server.requests.some((request) => request.startsWith("POST /api/models/acme/")));
  });

  it("is asked for at a tag or a commit", async () => {
    const hub = settings();
    await download(TINY.name, hub, "v1");
    const repository = join(hub.cacheFolder, "models--acme--tiny");
    assert.deepEqual(readdirSync(join(repository, "refs")), ["v1"]);
    const cached = (revision?: string) =>
      cachedSnapshot({ name: TINY.name, cacheFolder: hub.cacheFolder, revision })?.isWhole;
    assert.deepEqual([cached("v1"), cached(COMMIT), cached()], [true, true, undefined]);
    await download(TINY.name, hub, COMMIT);
    assert.deepEqual(readdirSync(join(repository, "refs")), ["v1"]);
  });

  it("is not downloaded twice", async () => {
    const hub = settings();
    await download(TINY.name, hub);
    server.requests.length = 0;
    await download(TINY.name, hub);
    assert.ok(!server.requests.some((request) => /resolve|safetensors/.test(request)));
  });

  it("tells how far it is, up to the sum of its files", async () => {
    const hub = settings();
    const plan = await planDownload({ name: TINY.name, settings: hub });
    const steps: number[] = [];
    await downloadSnapshot({ plan, settings: hub, onBytes: (done) => steps.push(done) });
    assert.equal(steps.at(-1), TINY.files["config.json"].length + TINY.files[WEIGHTS].length);
    assert.deepEqual(
      steps,
      steps.toSorted((a, b) => a - b),
    );
  });

  it("the token goes to the hub, and not where large files are", async () => {
    await download(PRIVATE.name, settings({ authorization: "Bearer secret" }));
    assert.ok(server.tokensAtCdn.length > 0);
    assert.ok(server.tokensAtCdn.every((token) => token === undefined));
  });
});

describe("a download that is interrupted", () => {
  it("goes on after a broken connection, from where it was", async () => {
    server.failures.set(WEIGHTS, { kind: "cut", after: 100_000, times: 2 });
    const snapshot = await download(TINY.name, settings());
    assert.ok(contentOf(snapshot)[WEIGHTS].equals(TINY.files[WEIGHTS]));
    assert.ok(server.requests.some((request) => / bytes=[1-9]/.test(request)));
  });

  it("goes on in the next run, and leaves nothing that looks whole until then", async () => {
    const hub = settings();
    server.failures.set(WEIGHTS, { kind: "cut", after: 100_000, times: 1 });
    // Then not a byte more.
    const plan = await planDownload({ name: TINY.name, settings: hub });
    const broken = downloadSnapshot({
      plan,
      settings: hub,
      onBytes: (done) => {
        if (done > 50_000) server.failures.set(WEIGHTS, { kind: "cut", after: 0, times: 99 });
      },
    });
    await assertRefused(
      () => broken,
      /model\.safetensors: the connection broke; found \d+ of 527512 bytes\. Try again/,
      HubError,
    );
    assertNothingWhole(hub);
    server.failures.clear();
    server.requests.length = 0;
    const snapshot = await download(TINY.name, hub);
    assert.ok(contentOf(snapshot)[WEIGHTS].equals(TINY.files[WEIGHTS]));
    assert.ok(server.requests.some((request) => / bytes=[1-9]/.test(request)));
    assert.ok(!server.requests.some((request) => /config\.json/.test(request)));
  });

  it("begins anew where the server knows no ranges", async () => {
    server.ignoresRanges = true;
    server.failures.set(WEIGHTS, { kind: "cut", after: 100_000, times: 1 });
    const snapshot = await download(TINY.name, settings());
    assert.ok(contentOf(snapshot)[WEIGHTS].equals(TINY.files[WEIGHTS]));
  });

  it("begins anew if what an earlier run left is wrong or too long", async () => {
    for (const left of [Buffer.alloc(1000, 1), Buffer.alloc(600_000), Buffer.alloc(527_512)]) {
      const hub = settings();
      const blobs = join(hub.cacheFolder, "models--acme--tiny", "blobs");
      mkdirSync(blobs, { recursive: true });
      writeFileSync(join(blobs, `${hashOf(TINY.files[WEIGHTS])}.incomplete`), left);
      const snapshot = await download(TINY.name, hub);
      assert.ok(contentOf(snapshot)[WEIGHTS].equals(TINY.files[WEIGHTS]));
    }
  });

  it("two at once give one whole model", async () => {
    const hub = settings();
    const snapshots = await Promise.all([1, 2, 3].map(() => download(TINY.name, hub)));
    assert.ok(contentOf(snapshots[0])[WEIGHTS].equals(TINY.files[WEIGHTS]));
    assert.equal(readdirSync(join(dirname(snapshots[0]), "..", "blobs")).length, 2);
  });
});

describe("a download that is refused or wrong", () => {
  const wrong: [why: string, fail: () => void, pattern: RegExp][] = [
    [
      "another length",
      () => server.failures.set(WEIGHTS, { kind: "short" }),
      /another length than the hub announced; found 263756 bytes, expected 527512/,
    ],
    [
      "more bytes than announced",
      () => server.failures.set(WEIGHTS, { kind: "long" }),
      /another length than the hub announced/,
    ],
    [
      "another content",
      () => server.failures.set(WEIGHTS, { kind: "garbage", times: 99 }),
      /not what the hub announced; found hash \w{64}, expected \w{64}\. It was thrown away/,
    ],
    [
      "another content of a small file",
      () => server.failures.set("config.json", { kind: "garbage", times: 99 }),
      /config\.json: .*not what the hub announced; found hash \w{40}, expected \w{40}/,
    ],
  ];
  for (const [why, fail, pattern] of wrong) {
    it(`${why} leaves nothing behind`, async () => {
      const hub = settings();
      fail();
      await assertRefused(() => download(TINY.name, hub), pattern, HubError);
      assertNothingWhole(hub);
      const blobs = readdirSync(join(hub.cacheFolder, "models--acme--tiny", "blobs"));
      assert.deepEqual(
        blobs.filter((name) => name.endsWith(".incomplete")),
        [],
      );
      server.failures.clear();
      assert.ok(contentOf(await download(TINY.name, hub))[WEIGHTS].equals(TINY.files[WEIGHTS]));
    });
  }

  const refusals: [why: string, ask: () => Promise<unknown>, pattern: RegExp][] = [
    [
      "no such model",
      () => download("acme/nope", settings()),
      /acme\/nope.*no such model.*found HTTP status 401\. Check the name.*HF_TOKEN/,
    ],
    [
      "no such revision",
      () => download(TINY.name, settings(), "v9"),
      /no such revision; found HTTP status 404/,
    ],
    [
      "a private model with another token",
      () => download(PRIVATE.name, settings({ authorization: "Bearer wrong" })),
      /no such model.*Check that HF_TOKEN is valid/,
    ],
    [
      "a gated model",
      () => download(GATED.name, settings()),
      /granted access; found HTTP status 403\. Ask for access.*HF_TOKEN/,
    ],
    [
      "a repository without weights",
      () => download(TEXTS.name, settings()),
      /not a model that can be read; found "README\.md"/,
    ],
    ["a revision that would be a path", () => download(TINY.name, settings(), "../.."), /revision/],
  ];
  for (const [why, ask, pattern] of refusals) {
    it(why, () => assertRefused(ask, pattern, HubError));
  }

  const statuses: [code: number, headers: Record<string, string>, pattern: RegExp][] = [
    [404, {}, /no such model/],
    [401, {}, /does not let us in.*HF_TOKEN/],
    [403, {}, /granted access/],
    [429, { "Retry-After": "700" }, /too many requests; found HTTP status 429\. Wait 700 s/],
    [429, {}, /too many requests.*Wait a few minutes/],
    [503, {}, /could not answer; found HTTP status 503/],
  ];
  for (const [code, headers, pattern] of statuses) {
    it(`HTTP status ${code}`, async () => {
      server.status = { code, headers };
      await assertRefused(() => download(TINY.name, settings()), pattern, HubError);
    });
  }

  // A hash becomes a file's name.
  for (const answer of [{ sha: "../../x" }, { sha: COMMIT, oid: "../../x" }, { sha: COMMIT }]) {
    it(`an answer that cannot be right: ${JSON.stringify(answer)}`, async () => {
      const liar = createServer((request, response) => {
        const { sha, oid } = answer;
        const info = {
          _id: "1",
          id: "x",
          sha,
          siblings: NAMES.map((name) => ({ rfilename: name })),
        };
        const paths = NAMES.map((path) => ({ type: "file", path, size: 1, oid }));
        response.setHeader("Content-Type", "application/json");
        response.end(JSON.stringify(request.method === "POST" ? paths : info));
      });
      await new Promise<void>((listening) => liar.listen(0, "127.0.0.1", listening));
      const endpoint = `http://127.0.0.1:${(liar.address() as AddressInfo).port}`;
      await assertRefused(
        () => download(TINY.name, settings({ endpoint })),
        /the hub's answer .* cannot be used; found .*, expected a/,
        HubError,
      );
      liar.close();
      liar.closeAllConnections();
    });
  }

  it("an answer that is no answer", async () => {
    server.status = { code: 200 };
    await assertRefused(() => download(TINY.name, settings()), /cannot be understood/, HubError);
  });

  it("no server", async () => {
    const gone = await HubServer.start();
    const { endpoint } = gone;
    gone.close();
    const pattern = /the hub cannot be reached; found ECONNREFUSED\. Check the network/;
    await assertRefused(() => download(TINY.name, settings({ endpoint })), pattern, HubError);
  });

  it("offline", async () => {
    const hub = settings({ isOffline: true });
    await assertRefused(() => download(TINY.name, hub), /HF_HUB_OFFLINE is set/, HubError);
    assert.deepEqual(server.requests, []);
  });

  it("a cache that cannot be written", async () => {
    const file = join(folder, "a-file");
    writeFileSync(file, "");
    const hub = settings({ cacheFolder: join(file, "cache") });
    await assertRefused(() => download(TINY.name, hub), /cache cannot be written/, HubError);
  });
});

describe("the cache that Python filled", () => {
  const name = "openai-community/gpt2";
  const base = fixture("golden-a", "base-model");

  /** As huggingface_hub lays it out. */
  function filled(files: readonly string[]): string {
    const cacheFolder = join(folder, `python-${caches++}`);
    const repository = join(cacheFolder, "models--openai-community--gpt2");
    const snapshot = join(repository, "snapshots", COMMIT);
    for (const path of [snapshot, join(repository, "blobs"), join(repository, "refs")]) {
      mkdirSync(path, { recursive: true });
    }
    writeFileSync(join(repository, "refs", "main"), COMMIT);
    for (const file of files) {
      const hash = hashOf(readFileSync(join(base, file)));
      cpSync(join(base, file), join(repository, "blobs", hash));
      symlinkSync(join("..", "..", "blobs", hash), join(snapshot, file));
    }
    return cacheFolder;
  }

  it("is found by branch and by commit", () => {
    const cacheFolder = filled(["config.json", WEIGHTS]);
    for (const revision of [undefined, "main", COMMIT]) {
      const snapshot = cachedSnapshot({ name, cacheFolder, revision });
      assert.equal(snapshot?.isWhole, true);
      assert.ok(statSync(snapshot.folder).isDirectory());
    }
    for (const revision of ["v2", "f".repeat(40)]) {
      assert.equal(cachedSnapshot({ name, cacheFolder, revision }), undefined);
    }
    assert.equal(cachedSnapshot({ name: "gpt2", cacheFolder }), undefined);
  });

  it("is not taken for whole without its config, its weights or what a link leads to", () => {
    for (const files of [["config.json"], [WEIGHTS]]) {
      assert.equal(cachedSnapshot({ name, cacheFolder: filled(files) })?.isWhole, false);
    }
    const cacheFolder = filled(["config.json", WEIGHTS]);
    rmSync(
      join(cacheFolder, "models--openai-community--gpt2", "blobs", hashOf(TINY.files[WEIGHTS])),
    );
    assert.equal(cachedSnapshot({ name, cacheFolder })?.isWhole, false);
  });

  it("is not taken for whole while a shard is missing", async () => {
    const hub = settings();
    const snapshot = await download(SHARDED.name, hub);
    const cached = () => cachedSnapshot({ name: SHARDED.name, cacheFolder: hub.cacheFolder });
    assert.equal(cached()?.isWhole, true);
    rmSync(join(snapshot, "model-00007-of-00013.safetensors"));
    assert.equal(cached()?.isWhole, false);
  });
});

describe("a hub that is busy", () => {
  it("is asked again, after the pause that it asks for", async () => {
    for (const status of [
      { code: 503, times: 2 },
      { code: 429, headers: { "Retry-After": "1" }, times: 1 },
      {
        code: 500,
        headers: { "Retry-After": new Date(Date.now() + 1000).toUTCString() },
        times: 1,
      },
    ]) {
      server.status = status;
      const start = performance.now();
      assert.ok(contentOf(await download(TINY.name, settings()))[WEIGHTS]);
      assert.ok(performance.now() - start > (status.code === 500 ? 0 : 900), `${status.code}`);
    }
  });

  it("is not asked without end, nor in vain", async () => {
    const asked = async (code: number, headers?: Record<string, string>) => {
      server.requests.length = 0;
      server.status = { code, headers };
      await assertRefused(() => download(TINY.name, settings()), /HTTP status/, HubError);
      return server.requests.length;
    };
    assert.equal(await asked(503), 4);
    assert.equal(await asked(503, { "Retry-After": "3600" }), 1);
    assert.equal(await asked(404), 1);
  });
});

describe("a hub that sends too much or nothing", () => {
  const impatient = () => settings({ longestSilence: 500, longestWait: 500 });
  const bomb = gzipSync(Buffer.alloc(200_000_000, " "));
  const gigabyte = (response: ServerResponse) => {
    // Spaces before the answer are JSON.
    const spaces = Buffer.alloc(1_000_000, " ");
    const more = () => response.write(spaces, (error) => error || setImmediate(more));
    more();
  };
  const questions: [why: string, answer: HubServer["onQuestion"], pattern: RegExp][] = [
    ["an answer without end", (_, response) => gigabyte(response), /too large/],
    [
      "an answer that is a bomb",
      (_, response) => response.writeHead(200, { "Content-Encoding": "gzip" }).end(bomb),
      /too large/,
    ],
    ["a deep answer", (_, response) => response.end("[".repeat(5_000_000)), /nested too deeply/],
    [
      "an answer of many small values",
      (_, response) => response.end(`[${"[],".repeat(3_000_000)}[]]`),
      /too large/,
    ],
    [
      "an answer that stops",
      (_, response) => response.write('{"sha":'),
      /acme\/tiny.*did not come to its end; found nothing came for 0\.5 s/,
    ],
    ["no answer", () => {}, /cannot be reached; found no answer within 0\.5 s/],
    [
      "a redirect to itself",
      (request, response) => response.writeHead(307, { Location: request.url }).end(),
      /cannot be reached; found redirect count exceeded/,
    ],
    ...["null", '"x"', '{"siblings":5}', '{"siblings":[5]}', "<html>"].map(
      (answer): [string, HubServer["onQuestion"], RegExp] => [
        `the answer ${answer}`,
        (_, response) => response.end(answer),
        /cannot be understood; found (no JSON|JSON of another form)|cannot be used/,
      ],
    ),
  ];
  for (const [why, answer, pattern] of questions) {
    it(why, async () => {
      server.onQuestion = answer;
      await assertRefused(() => download(TINY.name, impatient()), pattern, HubError);
    });
  }

  it("a file that stops is named, and goes on from there", async () => {
    const hub = impatient();
    server.failures.set(WEIGHTS, { kind: "stall", after: 1000 });
    await assertRefused(
      () => download(TINY.name, hub),
      /model\.safetensors: nothing came for 0\.5 s; found \d+ of 527512 bytes\. Try again/,
      HubError,
    );
    assertNothingWhole(hub);
    server.failures.clear();
    assert.ok(contentOf(await download(TINY.name, hub))[WEIGHTS].equals(TINY.files[WEIGHTS]));
  });

  it("a file that is compressed on the way is unpacked no further than it was announced", async () => {
    server.failures.set("config.json", { kind: "gzip", content: TINY.files["config.json"] });
    assert.ok(await download(TINY.name, settings()));
    server.failures.set("config.json", { kind: "gzip", content: Buffer.alloc(200_000_000) });
    await assertRefused(
      () => download(TINY.name, settings()),
      /config\.json: the download has another length than the hub announced/,
      HubError,
    );
  });

  for (const [path, size, pattern] of [
    ["config.json", 200_000_000, /"config\.json" on the hub is too large; found 200000000 bytes/],
    [
      WEIGHTS,
      2 ** 52,
      /there is no room for acme\/tiny in the Hugging Face cache; found \d+ bytes/,
    ],
  ] as const) {
    it(`${path} of ${size} bytes`, async () => {
      server.onQuestion = (request, response) => {
        const info = {
          _id: "1",
          id: "x",
          sha: COMMIT,
          siblings: NAMES.map((rfilename) => ({ rfilename })),
        };
        const files = NAMES.map((name) => ({
          type: "file",
          path: name,
          size: name === path ? size : 1,
          oid: COMMIT,
        }));
        response.end(JSON.stringify(request.method === "POST" ? files : info));
      };
      await assertRefused(() => download(TINY.name, settings()), pattern, HubError);
    });
  }
});

describe("secrets", () => {
  it("credentials in HF_ENDPOINT are sent to it and nowhere else, and not shown", async () => {
    const HF_ENDPOINT = server.endpoint.replace("//", "//user:pa%20ss@");
    const hub = {
      ...settings(),
      ...hubSettings({ HF_ENDPOINT }),
      cacheFolder: join(folder, "basic"),
    };
    assert.equal(hub.endpoint, server.endpoint);
    server.tokensAtCdn.length = 0;
    await download(TINY.name, hub);
    const expected = `Basic ${Buffer.from("user:pa ss").toString("base64")}`;
    assert.ok(server.authorizations.every((authorization) => authorization === expected));
    assert.deepEqual(new Set(server.tokensAtCdn), new Set([undefined]));
    // A token counts more.
    assert.equal(hubSettings({ HF_ENDPOINT, HF_TOKEN: "t" }).authorization, "Bearer t");
  });

  /** Everything that a person could see of an error, in a notebook too. */
  const seen = (error: unknown): string => inspect(error, { depth: 9, showHidden: true });

  it("stand in no error", async () => {
    const secret = "hf_SeCrEt";
    const gone = "http://user:hf_SeCrEt@127.0.0.1:9";
    const tries: (() => unknown)[] = [
      ...["sha", "siblings"].map((key) => () => {
        // A hub that repeats the request in its answer.
        server.onQuestion = ({ headers: { authorization } }, response) => {
          const siblings = [{ rfilename: authorization }];
          const answer = { sha: commitOf(TINY), [key]: key === "sha" ? authorization : siblings };
          response.end(JSON.stringify({ _id: "1", id: TINY.name, siblings: [], ...answer }));
          server.onQuestion = undefined;
        };
        return download(TINY.name, settings({ authorization: `Bearer ${secret}` }));
      }),
      ...[404, 401, 403, 429, 500].map((code) => () => {
        server.status = { code, headers: { "Retry-After": "999" } };
        const HF_ENDPOINT = server.endpoint.replace("//", `//user:${secret}@`);
        return download(TINY.name, { ...settings(), ...hubSettings({ HF_ENDPOINT }) });
      }),
      () =>
        download(
          TINY.name,
          settings({ authorization: `Bearer ${secret}`, endpoint: "http://127.0.0.1:9" }),
        ),
      () => download(TINY.name, { ...settings(), ...hubSettings({ HF_ENDPOINT: gone }) }),
      ...[`${secret}\n${secret}`, `${secret} x`, `${secret}ä`, `${secret}\0`].map(
        (HF_TOKEN) => () => hubSettings({ HF_TOKEN }),
      ),
      ...[
        `http//user:${secret}@x`,
        `ftp://user:${secret}@x`,
        `http://user:${secret}@`,
        `http://x?token=${secret}`,
      ].map((HF_ENDPOINT) => () => hubSettings({ HF_ENDPOINT })),
    ];
    for (const attempt of tries) {
      await assert.rejects(
        async () => attempt(),
        (error: unknown) => {
          assert.ok(error instanceof HubError, `${error}`);
          const text = seen(error);
          assert.ok(!text.includes("SeCrEt"), text);
          assert.ok(!text.includes(Buffer.from(`user:${secret}`).toString("base64")), text);
          return true;
        },
      );
    }
  });
});

// Expected: https://huggingface.co/docs/huggingface_hub/package_reference/environment_variables
describe("the environment variables of huggingface_hub", () => {
  const cacheOf = (env: NodeJS.ProcessEnv) => hubSettings(env).cacheFolder;

  it("say where the cache is", () => {
    assert.equal(cacheOf({}), join(homedir(), ".cache", "huggingface", "hub"));
    assert.equal(cacheOf({ XDG_CACHE_HOME: "/x" }), join("/x", "huggingface", "hub"));
    assert.equal(cacheOf({ HF_HOME: "/home" }), join("/home", "hub"));
    assert.equal(cacheOf({ HF_HOME: "~/hf" }), join(homedir(), "hf", "hub"));
    assert.equal(cacheOf({ HF_HOME: "/home", HF_HUB_CACHE: "/cache" }), "/cache");
    assert.equal(cacheOf({ HUGGINGFACE_HUB_CACHE: "/old" }), "/old");
  });

  it("say where the hub is, who asks and whether it may be asked", () => {
    assert.equal(hubSettings({}).endpoint, "https://huggingface.co");
    assert.equal(hubSettings({ HF_ENDPOINT: "http://mirror:1/" }).endpoint, "http://mirror:1");
    assert.equal(hubSettings({ HF_TOKEN: " t\n" }).authorization, "Bearer t");
    assert.equal(hubSettings({ HF_TOKEN: "" }).authorization, undefined);
    for (const [value, isOffline] of [
      ["1", true],
      ["on", true],
      ["True", true],
      ["0", false],
      ["", false],
    ] as const) {
      assert.equal(hubSettings({ HF_HUB_OFFLINE: value }).isOffline, isOffline);
    }
    assert.equal(hubSettings({ TRANSFORMERS_OFFLINE: "yes" }).isOffline, true);
    const { longestWait, longestSilence } = hubSettings({
      HF_HUB_ETAG_TIMEOUT: "3",
      HF_HUB_DOWNLOAD_TIMEOUT: "0.5",
    });
    assert.deepEqual([longestWait, longestSilence], [3000, 500]);
  });

  it("are refused if the address is none", async () => {
    for (const HF_ENDPOINT of ["mirror", "ftp://mirror", "http://mirror?a=b"]) {
      await assertRefused(() => hubSettings({ HF_ENDPOINT }), /HF_ENDPOINT is not/, HubError);
    }
    for (const HF_HUB_DOWNLOAD_TIMEOUT of ["soon", "-1", "1e9"]) {
      await assertRefused(
        () => hubSettings({ HF_HUB_DOWNLOAD_TIMEOUT }),
        /HF_HUB_DOWNLOAD_TIMEOUT is not a time/,
        HubError,
      );
    }
  });
});

it("names that the hub could know", () => {
  for (const name of ["gpt2", "openai-community/gpt2", "a/b.c_d-1", "stanford-crfm/x"]) {
    assert.ok(isRepositoryName(name), name);
  }
  for (const name of [
    "",
    ".",
    "..",
    "../gpt2",
    "/gpt2",
    "a/b/c",
    "a\\b",
    "a--b",
    "a b",
    "./gpt2",
  ]) {
    assert.ok(!isRepositoryName(name), name);
  }
});
