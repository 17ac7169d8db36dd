import assert from "node:assert/strict";
import { execFileSync, spawn } from "node:child_process";
import { mkdtempSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { setTimeout as wait } from "node:timers/promises";
import { closeBrowser, inBrowser } from "../../src/display/browser";
import { bundledChromium, hasBundledChromium } from "../../src/display/bundled-chromium";
import { installedBrowsers } from "../../src/display/find-browser";
import { browserForTests } from "./browser-for-tests";

const browser = browserForTests();

/** A program that draws in a browser, says so and then does as told. */
function program(afterwards: string): string[] {
  const module = JSON.stringify(join(__dirname, "../../src/display/browser"));
  return [
    "--import",
    "tsx",
    "--eval",
    `const { inBrowser } = require(${module});
     inBrowser((page) => page.evaluate(() => Plotly.version)).then((version) => { console.log(version); ${afterwards} });`,
  ];
}

/** The processes that a process has started, theirs included, as `ps` sees them. */
function childrenOf(id: number): number[] {
  const pairs = execFileSync("ps", ["-eo", "pid=,ppid="], { encoding: "utf8" })
    .trim()
    .split("\n")
    .map((line) => line.trim().split(/\s+/).map(Number));
  const direct = pairs.filter(([, parent]) => parent === id).map(([child]) => child!);
  return direct.flatMap((child) => [child, ...childrenOf(child)]);
}

function isAlive(id: number): boolean {
  try {
    process.kill(id, 0);
    return true;
  } catch {
    return false;
  }
}

test("one browser serves every figure, and a new one after it was closed", async (t) => {
  if (browser.missing) return t.skip(browser.missing);
  const pages = await Promise.all([
    inBrowser(async (page) => page),
    inBrowser(async (page) => page),
  ]);
  assert.equal(pages[0], pages[1]);
  await closeBrowser();
  assert.ok(pages[0]!.isClosed());
  assert.notEqual(await inBrowser(async (page) => page), pages[0]);
});

test("work that fails leaves the browser for the next", async (t) => {
  if (browser.missing) return t.skip(browser.missing);
  const first = await inBrowser(async (page) => page);
  await assert.rejects(
    inBrowser((page) => page.evaluate(() => Promise.reject(new Error("on purpose")))),
    /on purpose/,
  );
  assert.equal(await inBrowser(async (page) => page), first);
});

test("the page has Plotly and cannot open anything else", async (t) => {
  if (browser.missing) return t.skip(browser.missing);
  await inBrowser(async (page) => {
    assert.match(
      await page.evaluate(
        () => (globalThis as unknown as { Plotly: { version: string } }).Plotly.version,
      ),
      /^4\./,
    );
    const reached = await page.evaluate(() =>
      fetch("http://localhost:9/").then(
        () => "reached",
        () => "refused",
      ),
    );
    assert.equal(reached, "refused");
  });
});

test("a program that has drawn ends by itself", { timeout: 60_000 }, async (t) => {
  if (browser.missing) return t.skip(browser.missing);
  const out = execFileSync(process.execPath, program(""), { encoding: "utf8", timeout: 50_000 });
  assert.match(out, /^4\./);
});

test("the browser ends with the program, however that ends", { timeout: 60_000 }, async (t) => {
  if (browser.missing) return t.skip(browser.missing);
  if (process.platform === "win32") return t.skip("ps and signals are other things on Windows");
  for (const [afterwards, signal] of [
    ["process.exitCode = 0; setTimeout(() => process.exit(3), 500);", null],
    ["setInterval(() => {}, 1000);", "SIGKILL"],
  ] as const) {
    const child = spawn(process.execPath, program(afterwards), {
      stdio: ["ignore", "pipe", "inherit"],
    });
    await new Promise((resolve) => child.stdout.once("data", resolve));
    const started = childrenOf(child.pid!);
    assert.ok(started.length > 0);
    const ended = new Promise((resolve) => child.once("exit", resolve));
    if (signal) child.kill(signal);
    await ended;
    for (let i = 0; i < 50 && started.some(isAlive); i++) await wait(100);
    assert.deepEqual(started.filter(isAlive), [], `after ${signal ?? "exit"}`);
  }
});

test("an interrupt does not end a program that handles it itself, as a kernel does", {
  timeout: 60_000,
}, async (t) => {
  if (browser.missing) return t.skip(browser.missing);
  if (process.platform === "win32") return t.skip("signals are other things on Windows");
  const handle = `process.on("SIGINT", () => inBrowser((page) => page.evaluate(() => 7)).then((seven) => { console.log("still here", seven); process.exit(0); }));
    console.log("ready"); setInterval(() => {}, 1000);`;
  const child = spawn(process.execPath, program(handle), { stdio: ["ignore", "pipe", "inherit"] });
  let said = "";
  child.stdout.on("data", (chunk) => {
    said += chunk;
    if (String(chunk).includes("ready")) child.kill("SIGINT");
  });
  assert.equal(await new Promise((resolve) => child.once("exit", resolve)), 0);
  assert.match(said, /still here 7/);
});

test("the bundled Chromium is unpacked whole, once, also by two at the same time", async (t) => {
  if (!hasBundledChromium()) return t.skip("no bundled Chromium for this system");
  const cache = mkdtempSync(join(tmpdir(), "tslens-cache-"));
  process.env.TSLENS_CACHE = cache;
  try {
    const [first, second] = await Promise.all([bundledChromium(), bundledChromium()]);
    assert.deepEqual(first, second);
    const version = execFileSync(first.executablePath, ["--version"], {
      encoding: "utf8",
      env: { ...process.env, ...first.env },
    });
    assert.match(version, /Chrom\S* \d+\./);
    assert.equal(readdirSync(join(cache, "chromium")).length, 1);
  } finally {
    delete process.env.TSLENS_CACHE;
    rmSync(cache, { recursive: true });
  }
});

test("installed browsers are found where they usually are", () => {
  assert.deepEqual(installedBrowsers({ PATH: "" }, "linux"), []);
  assert.deepEqual(installedBrowsers({}, "win32"), []);
  // Any program serves: only its place is looked at.
  const folder = mkdtempSync(join(tmpdir(), "tslens-path-"));
  try {
    const chrome = join(folder, "google-chrome");
    writeFileSync(chrome, "");
    assert.deepEqual(
      installedBrowsers({ PATH: folder }, "linux").map(({ executablePath }) => executablePath),
      [chrome],
    );
  } finally {
    rmSync(folder, { recursive: true });
  }
});
