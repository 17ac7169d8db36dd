import assert from "node:assert/strict";
import { once } from "node:events";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { after, before, describe, it } from "node:test";
import type { Explorer } from "../../src/explore/explorer";
import type { ExploreServer } from "../../src/explore/server";
import { whyNoBrowser } from "../display/browser-for-tests";
import { served } from "./served";
import { inTab, newTab } from "./tab";

/** What a page can try against another server: what each try got to read, or null. */
const TRIES = `
const settled = (work) => Promise.race([
  work.then((value) => value ?? null, () => null),
  new Promise((done) => setTimeout(done, 1000, null)),
]);
const json = { method: "POST", headers: { "content-type": "application/json" }, body: "{}", credentials: "include" };
const loaded = (tag, properties) => new Promise((done, failed) => {
  const element = Object.assign(document.createElement(tag), properties);
  element.onload = () => done("loaded");
  element.onerror = failed;
  document.body.append(element);
});
async function attack(target) {
  const api = target + "/api/heads";
  const frame = document.createElement("iframe");
  frame.name = "frame";
  document.body.append(frame);
  const form = Object.assign(document.createElement("form"), { method: "post", action: api, target: "frame", enctype: "text/plain" });
  form.append(Object.assign(document.createElement("input"), { name: '{"a', value: '":1}' }));
  document.body.append(form);
  form.submit();
  const framed = document.createElement("iframe");
  framed.src = target;
  document.body.append(framed);
  return {
    "fetch, JSON": await settled(fetch(api, json).then((answer) => answer.text())),
    "fetch, no questions asked": await settled(fetch(api, { method: "POST", body: "{}", mode: "no-cors", credentials: "include" }).then((answer) => answer.status || null)),
    "fetch of the page": await settled(fetch(target, { credentials: "include" }).then((answer) => answer.text())),
    image: await settled(loaded("img", { src: target + "/icon.svg" })),
    script: await settled(loaded("script", { src: target + "/page.js" })),
    style: await settled(loaded("link", { rel: "stylesheet", href: target + "/page.css" })),
    EventSource: await settled(new Promise((done, failed) => {
      const source = new EventSource(api, { withCredentials: true });
      source.onopen = () => done("open");
      source.onerror = failed;
    })),
    WebSocket: await settled(new Promise((done, failed) => {
      const socket = new WebSocket(target.replace("http", "ws") + "/api/heads");
      socket.onopen = () => done("open");
      socket.onerror = failed;
    })),
    beacon: void navigator.sendBeacon(api, new Blob(["{}"], { type: "text/plain" })) ?? null,
    "a frame of the page": await settled(Promise.resolve(framed.contentDocument?.title || null)),
  };
}`;

describe("a hostile page in another tab", () => {
  let asked = 0;
  let server: ExploreServer;
  let hostile: Server;
  let why: string | null;
  before(async () => {
    why = await whyNoBrowser();
    const explorer = {
      heads: async () => {
        asked++;
        return [{ id: "secret", name: "secret" }];
      },
      open: (_head: string, { signal }: { signal: AbortSignal }) =>
        new Promise((_done, failed) => signal.addEventListener("abort", failed)),
    };
    server = await served(explorer as unknown as Explorer);
    hostile = createServer((_request, response) => {
      response.setHeader("content-type", "text/html");
      response.end(`<!doctype html><title>hostile</title><body><script>${TRIES}</script>`);
    });
    hostile.listen(0, "127.0.0.1");
    await once(hostile, "listening");
  });
  after(() => hostile.close());

  // Browsers resolve every name below localhost to this machine: another site, as one by DNS rebinding is.
  for (const host of ["127.0.0.1", "localhost", "evil.localhost"]) {
    for (const target of ["127.0.0.1", "evil.localhost"]) {
      it(`${host} reads and starts nothing of ${target}`, async (t) => {
        if (why) return t.skip(why);
        const { port } = hostile.address() as AddressInfo;
        await inTab(server.url, async ({ page, context }) => {
          await page.getByText("Opening the head").waitFor();
          const before = asked;
          const tab = await newTab(context);
          await tab.page.goto(`http://${host}:${port}/`);
          const got = await tab.page.evaluate<Record<string, unknown>>(
            `attack("http://${target}:${server.port}")`,
          );
          for (const [name, read] of Object.entries(got)) assert.equal(read, null, name);
          await tab.page.waitForTimeout(100);
          for (const frame of tab.page.frames()) {
            const text = await frame.evaluate("document.body?.innerText ?? ''").catch(() => "");
            assert.doesNotMatch(String(text), /secret/);
          }
          assert.equal(asked, before);
        });
      });
    }
  }

  it("the page itself has no token in its address, and its script can run nothing else", async (t) => {
    if (why) return t.skip(why);
    await inTab(server.url, async ({ page }) => {
      await page.getByText("Opening the head").waitFor();
      assert.equal(new URL(page.url()).search, "");
      assert.equal(await page.evaluate("document.cookie"), "");
      const ran = await page.evaluate(`new Promise((done) => {
        const script = document.createElement("script");
        script.textContent = "globalThis.inline = true";
        document.body.append(script);
        const button = document.createElement("div");
        button.innerHTML = '<img src=x onerror="globalThis.handler = true">';
        document.body.append(button);
        // Later: what a test itself evaluates may evaluate.
        setTimeout(() => {
          let evaluated = false;
          try { evaluated = Function("return true")(); } catch {}
          done([globalThis.inline, globalThis.handler, evaluated]);
        }, 200);
      })`);
      assert.deepEqual(ran, [undefined, undefined, false]);
    });
  });
});
