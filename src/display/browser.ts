import type { Browser, Page } from "playwright-core";
import { FigureError } from "../errors";
import { bundledChromium, hasBundledChromium } from "./bundled-chromium";
import { type BrowserProgram, installedBrowsers } from "./find-browser";

/** The browser is closed after this long without work, so that a finished program can end. */
const IDLE_MS = 2_000;
/** The one address that a page here can open; everything else is refused. */
const HOME = "http://tslens.invalid/";

interface Session {
  readonly browser: Browser;
  readonly page: Page;
}

let session: Promise<Session> | null = null;
let working = 0;
let idle: NodeJS.Timeout | undefined;

/**
 * Runs work in a page that has Plotly and no network. One headless browser serves the whole process;
 * it starts with the first figure and is closed soon after the last, when the process ends, or by
 * {@link closeBrowser}.
 *
 * @throws {FigureError} when there is no browser, none starts, or `TSLENS_NO_BROWSER` is set
 */
export async function inBrowser<Result>(work: (page: Page) => Promise<Result>): Promise<Result> {
  if (picturesAreOff()) {
    throw new FigureError("Pictures are switched off", {
      found: "TSLENS_NO_BROWSER in the environment",
      remedy: "Unset it to get pictures.",
    });
  }
  working++;
  clearTimeout(idle);
  try {
    session ??= newSession();
    const { page } = await session;
    return await work(page);
  } finally {
    working--;
    if (working === 0) idle = setTimeout(closeBrowser, IDLE_MS).unref();
  }
}

/** Closes the browser if one is open. The next figure opens a new one. */
export async function closeBrowser(): Promise<void> {
  clearTimeout(idle);
  const closing = session;
  session = null;
  const open = await closing?.catch(() => null);
  await open?.browser.close().catch(() => undefined);
}

function newSession(): Promise<Session> {
  const forget = () => {
    if (session === starting) session = null;
  };
  const starting = (async () => {
    const browser = await startBrowser();
    browser.once("disconnected", forget);
    return { browser, page: await plotlyPage(browser) };
  })();
  starting.catch(forget);
  return starting;
}

/** Starts the first browser that does start: the one asked for, an installed one, the bundled one. */
async function startBrowser(): Promise<Browser> {
  const asked = process.env.TSLENS_BROWSER;
  const found: BrowserProgram[] = asked
    ? [{ name: asked, executablePath: asked, env: {} }]
    : installedBrowsers();
  const failures: string[] = [];
  const attempt = async (program: BrowserProgram) => {
    try {
      return await launch(program);
    } catch (error) {
      failures.push(`${program.name} did not start (${firstLine(error)})`);
      return null;
    }
  };
  for (const program of found) {
    const browser = await attempt(program);
    if (browser) return browser;
  }
  if (!asked && hasBundledChromium()) {
    const browser = await attempt(await bundledChromium());
    if (browser) return browser;
  }
  throw new FigureError("No browser to make pictures with", {
    found: failures.join("; ") || "no Chrome, Chromium or Edge",
    remedy: asked
      ? "Correct or unset TSLENS_BROWSER."
      : "Install Chrome, Chromium or Edge, name one in TSLENS_BROWSER, or go without pictures (TSLENS_NO_BROWSER=1).",
  });
}

async function launch({ executablePath, env }: BrowserProgram): Promise<Browser> {
  const { chromium } = await import("playwright-core");
  return chromium.launch({
    executablePath,
    headless: true,
    env: { ...process.env, ...env } as Record<string, string>,
    // Grey edges of letters in every picture, not this screen's subpixels.
    args: ["--font-render-hinting=none", "--disable-lcd-text", "--force-color-profile=srgb"],
    // An interrupted cell must stay a living kernel: signals are the program's own business. The
    // browser ends with this process all the same, since their pipe breaks.
    handleSIGINT: false,
    handleSIGTERM: false,
    handleSIGHUP: false,
  });
}

/** A page with plotly.js-dist in it, that cannot open anything else. */
async function plotlyPage(browser: Browser): Promise<Page> {
  const context = await browser.newContext();
  const page = await context.newPage();
  await context.route("**/*", async (route) => {
    const address = route.request().url();
    if (address === HOME) {
      await route.fulfill({
        contentType: "text/html",
        body: '<!doctype html><meta charset="utf-8"><script src="plotly.js"></script>',
      });
    } else if (address === `${HOME}plotly.js`) {
      await route.fulfill({
        contentType: "text/javascript",
        path: require.resolve("plotly.js-dist/plotly.js"),
      });
    } else {
      await route.abort();
    }
  });
  await page.goto(HOME);
  return page;
}

/** Whether the reader wants no pictures (`--no-browser`, or `TSLENS_NO_BROWSER`). */
export function picturesAreOff(): boolean {
  const value = process.env.TSLENS_NO_BROWSER;
  return value !== undefined && value !== "" && value !== "0" && value !== "false";
}

function firstLine(error: unknown): string {
  return String((error as Error).message ?? error).split("\n")[0]!;
}
