import assert from "node:assert/strict";
import { once } from "node:events";
import { connect } from "node:net";
import { before, describe, it } from "node:test";
import { isLoopback } from "../../src/explore/access";
import { MOST_AT_ONCE } from "../../src/explore/api";
import type { Explorer } from "../../src/explore/explorer";
import type { ExploreServer } from "../../src/explore/server";
import { type Asked, ask, cookieOf, served } from "./served";

/** Answers what these tests ask, and says what is running. */
class Counted {
  running = 0;
  stopped = 0;
  asked = 0;
  readonly explorer = {
    heads: async () => {
      this.asked++;
      return [{ id: "one", name: "one" }];
    },
    open: async () => {
      throw new TypeError("/secret/place");
    },
    causalMap: (_request: unknown, asking?: { signal?: AbortSignal }) =>
      this.endless(asking!.signal!, "a".repeat(2 ** 20)),
    neuronsThatMatter: (_request: unknown, asking?: { signal?: AbortSignal }) =>
      this.endless(asking!.signal!),
  } as unknown as Explorer;

  /** A run that ends only when it is stopped. */
  private async *endless(signal: AbortSignal, what = "") {
    this.running++;
    try {
      for (let done = 1; !signal.aborted; done++) {
        yield { done, total: 1e9, prediction: 0, neurons: [], what };
        await new Promise((turn) => setTimeout(turn, 5));
      }
    } finally {
      this.running--;
      this.stopped++;
    }
  }
}

async function until(isSo: () => boolean, what: string): Promise<void> {
  for (let i = 0; i < 400; i++) {
    if (isSo()) return;
    await new Promise((turn) => setTimeout(turn, 10));
  }
  assert.fail(`never: ${what}`);
}

describe("who may ask the server of tslens explore", () => {
  const counted = new Counted();
  let server: ExploreServer;
  let cookie: string;
  let own: Record<string, string>;
  before(async () => {
    server = await served(counted.explorer);
    cookie = await cookieOf(server);
    const host = `127.0.0.1:${server.port}`;
    own = { host, cookie, origin: `http://${host}`, "content-type": "application/json" };
  });
  const post = (headers: Record<string, string> = {}, asked: Asked = {}) =>
    ask(server.port, {
      ...{ path: "/api/heads", method: "POST", body: "{}", ...asked },
      headers: { ...own, ...headers },
    });

  it("answers its own page", async () => {
    const { status, body } = await post({ "sec-fetch-site": "same-origin" });
    assert.deepEqual([status, JSON.parse(body)], [200, [{ id: "one", name: "one" }]]);
  });

  it("gives a cookie that no script sees and no other site sends, for the token alone", async () => {
    const { headers } = await ask(server.port, {
      path: server.url.slice(server.url.indexOf("/?")),
    });
    assert.match(
      String(headers["set-cookie"]),
      /^tslens-explore-\d+=[0-9a-f]{64}; Path=\/; HttpOnly; SameSite=Strict$/,
    );
    for (const path of ["/", "/?token=", `/?token=${"0".repeat(64)}`, "/?token=a&token=b"]) {
      const refused = await ask(server.port, { path });
      assert.equal(refused.status, 403, path);
      assert.equal(refused.headers["set-cookie"], undefined);
    }
  });

  const refusals: Record<string, Record<string, string>> = {
    "without a cookie": { cookie: "" },
    "with a wrong cookie": { cookie: "tslens-explore-1=00" },
    "called by another name, as after DNS rebinding": { host: "evil.example" },
    "called by another name with its port": { host: "evil.example:80" },
    "called by another port": { host: "127.0.0.1:1" },
    "from another site": { origin: "https://evil.example" },
    "from a page of another port of this machine": { origin: "http://127.0.0.1:1" },
    "from a page with no origin": { origin: "null" },
    "from another site, by what browsers say": { "sec-fetch-site": "cross-site" },
    "from another port, by what browsers say": { "sec-fetch-site": "same-site" },
  };
  for (const [name, headers] of Object.entries(refusals)) {
    it(`refuses ${name}`, async () => {
      const before = counted.asked;
      const { status, headers: answered } = await post(headers);
      assert.equal(status, 403);
      assert.equal(answered["access-control-allow-origin"], undefined);
      assert.equal(counted.asked, before);
      const whole = await ask(server.port, { path: "/page.js", headers: { ...own, ...headers } });
      assert.equal(whole.status, 403);
    });
  }

  it("is led here from another site's link only with the token", async () => {
    const link = { "sec-fetch-site": "cross-site", "sec-fetch-mode": "navigate" };
    const host = own.host;
    const path = server.url.slice(server.url.indexOf("/?"));
    assert.equal((await ask(server.port, { path, headers: { host, ...link } })).status, 200);
    assert.equal((await ask(server.port, { headers: { host, ...link } })).status, 403);
    const image = { ...link, "sec-fetch-mode": "no-cors" };
    assert.equal((await ask(server.port, { path, headers: { host, ...image } })).status, 403);
  });

  it("answers by any name of this machine's own", async () => {
    for (const name of ["localhost", "[::1]", "LOCALHOST"]) {
      const host = `${name}:${server.port}`;
      const { status } = await post({ host, origin: `http://${host}` });
      assert.equal(status, 200, name);
    }
  });

  it("takes nothing that a form, an image or a preflight can send", async () => {
    for (const type of ["text/plain", "application/x-www-form-urlencoded", "multipart/form-data"]) {
      assert.equal((await post({ "content-type": type })).status, 405, type);
    }
    assert.equal((await post({}, { method: "GET", body: undefined })).status, 405);
    const preflight = await post({}, { method: "OPTIONS", body: undefined });
    assert.equal(preflight.status, 405);
    assert.equal(preflight.headers["access-control-allow-origin"], undefined);
  });

  it("sends what keeps a page in, with every answer", async () => {
    for (const path of ["/", "/page.js", "/nothing", "/api/heads"]) {
      const { headers } = await ask(server.port, { path, headers: own });
      assert.equal(headers["x-content-type-options"], "nosniff", path);
      assert.equal(headers["cross-origin-resource-policy"], "same-origin");
      assert.equal(headers["referrer-policy"], "no-referrer");
      const policy = String(headers["content-security-policy"]);
      assert.match(policy, /default-src 'none'; script-src 'self'; /);
      assert.match(policy, /frame-ancestors 'none'/);
      assert.doesNotMatch(policy, /unsafe-inline|unsafe-eval|\*/);
    }
    assert.match((await ask(server.port)).headers["content-security-policy"] as string, /'none'/);
  });

  it("serves its own files and no others", async () => {
    for (const path of [
      ...["/../package.json", "/..%2fpackage.json", "/page.js/../../package.json"],
      ...["/api", "/api/", "/api/eval", "/index.html", "//etc/passwd", "/%2e%2e/%2e%2e/etc/passwd"],
    ]) {
      const { status, body } = await ask(server.port, { path, headers: own });
      assert.ok([404, 405].includes(status), `${path}: ${status}`);
      assert.doesNotMatch(body, /"name": "tslens"|root:/);
    }
  });

  it("refuses questions that are too long or not understood, in one line", async () => {
    const long = JSON.stringify({ head: "one", text: "a".repeat(2 ** 21) });
    assert.equal((await post({}, { path: "/api/run", body: long })).status, 413);
    for (const body of [
      ...["", "{", "[]", "null", '{"head":"one"}', '{"head":"one","text":"a","more":1}'],
      '{"head":"one","text":"a","position":-1,"kind":"set","value":0}',
      '{"head":"one","text":"a","position":0,"kind":"zero","value":0}',
      '{"head":"one","text":"a","position":0,"kind":"set","value":1e39}',
      '{"head":"one","text":"a","position":0.5,"kind":"set","value":1}',
      '{"__proto__":{"head":"one"},"text":"a"}',
    ]) {
      const path = "/api/patch";
      const answer = await post({}, { path, body });
      assert.equal(answer.status, 400, body);
      assert.match(JSON.parse(answer.body).error, /^this question is not understood.*$/);
    }
  });

  it("hides what was not foreseen behind one line, and goes on", async () => {
    const { status, body } = await post({}, { path: "/api/open", body: '{"head":"one"}' });
    assert.equal(status, 500);
    assert.match(JSON.parse(body).error, /^not foreseen/);
    assert.equal((await post()).status, 200);
  });

  it("stops a run that nobody waits for, and bounds how many there are", async () => {
    const body = JSON.stringify({ head: "one", text: "a", position: 0, layers: "all" });
    const lines = Object.entries({ ...own, "content-length": String(body.length) })
      .map(([name, value]) => `${name}: ${value}\r\n`)
      .join("");
    const text = `POST /api/neurons-that-matter HTTP/1.1\r\n${lines}\r\n${body}`;
    const sockets = Array.from({ length: MOST_AT_ONCE }, () => {
      const socket = connect(server.port, "127.0.0.1");
      socket.resume().write(text);
      return socket;
    });
    await until(() => counted.running === MOST_AT_ONCE, "all runs have begun");
    assert.equal((await post()).status, 429);
    const before = counted.stopped;
    sockets[0].destroy();
    await until(() => counted.stopped === before + 1, "the run without a reader stops");
    assert.equal((await post()).status, 200);
    for (const socket of sockets) socket.destroy();
    await until(() => counted.running === 0, "no run is left");
    assert.equal((await post()).status, 200);
  });

  /** A request with its headers, and a body that is left to the caller. */
  function begun(port: number, path: string, length: number): string {
    const host = `127.0.0.1:${port}`;
    const headers = { ...own, host, origin: `http://${host}`, "content-length": String(length) };
    const lines = Object.entries(headers).map(([name, value]) => `${name}: ${value}\r\n`);
    return `POST ${path} HTTP/1.1\r\n${lines.join("")}\r\n`;
  }

  it("keeps no place for questions that arrive slowly, and ends them", async () => {
    const patienceMs = 1000;
    const hasty = await served(counted.explorer, 0, { patienceMs });
    const cookie = await cookieOf(hasty);
    own = { ...own, cookie };
    const slow = Array.from({ length: 2 * MOST_AT_ONCE }, (_, i) => {
      const socket = connect(hasty.port, "127.0.0.1");
      const path = i % 2 ? "/api/heads" : "/api/causal-map";
      socket.on("error", () => {}).write(`${begun(hasty.port, path, 100)}{`);
      return { socket, ended: once(socket.resume(), "close") };
    });
    await new Promise((turn) => setTimeout(turn, 300));
    const host = `127.0.0.1:${hasty.port}`;
    const quick = { headers: { ...own, host, origin: `http://${host}` } };
    const asked = { path: "/api/heads", method: "POST", body: "{}", ...quick };
    assert.equal((await ask(hasty.port, asked)).status, 200);
    assert.equal(counted.running, 0);
    // A letter now and then is no more patient than none.
    const drip = setInterval(() => {
      for (const { socket } of slow) if (socket.writable) socket.write(" ");
    }, 100);
    await Promise.all(slow.map(({ ended }) => ended));
    clearInterval(drip);
    assert.equal((await ask(hasty.port, asked)).status, 200);
    await hasty.close();
    own = { ...own, cookie: await cookieOf(server) };
  });

  it("ends a run whose parts nobody takes", async () => {
    const hasty = await served(counted.explorer, 0, { patienceMs: 500 });
    own = { ...own, cookie: await cookieOf(hasty) };
    const body = JSON.stringify({ head: "one", text: "a", position: 0 });
    const sockets = Array.from({ length: MOST_AT_ONCE }, () => {
      const socket = connect(hasty.port, "127.0.0.1");
      socket.on("error", () => {}).pause();
      socket.write(begun(hasty.port, "/api/causal-map", body.length) + body);
      return socket;
    });
    await until(() => counted.running === MOST_AT_ONCE, "all runs have begun");
    await until(() => counted.running === 0, "runs that nobody takes are stopped");
    for (const socket of sockets) socket.destroy();
    await hasty.close();
    own = { ...own, cookie: await cookieOf(server) };
  });

  it("does not speak WebSocket", async () => {
    const socket = connect(server.port, "127.0.0.1");
    const upgrade = [
      ...["GET / HTTP/1.1", `Host: ${own.host}`, "Origin: https://evil.example"],
      ...["Upgrade: websocket", "Connection: Upgrade", "Sec-WebSocket-Version: 13"],
      ...[`Cookie: ${cookie}`, "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==", "", ""],
    ].join("\r\n");
    socket.write(upgrade);
    const [answer] = await once(socket, "data");
    assert.match(String(answer), /^HTTP\/1\.1 403/);
    socket.destroy();
  });
});

describe("addresses to listen on", () => {
  it("tells this machine's own from others", () => {
    for (const host of ["127.0.0.1", "127.1.2.3", "::1", "localhost"]) assert.ok(isLoopback(host));
    for (const host of ["0.0.0.0", "::", "192.168.0.1", "example.org", "127.0.0.1.evil.example"]) {
      assert.ok(!isLoopback(host), host);
    }
  });
});
