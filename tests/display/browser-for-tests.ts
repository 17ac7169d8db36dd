import { after, before } from "node:test";
import type { Page } from "playwright-core";
import { closeBrowser, inBrowser } from "../../src/display/browser";

/** The browser that the tests of a file, or of a suite, draw with: started before them, closed after them. */
export function browserForTests(): { readonly missing: string | null } {
  const browser: { missing: string | null } = { missing: null };
  before(async () => {
    browser.missing = await whyNoBrowser();
  });
  after(closeBrowser);
  return browser;
}

/** Why pictures cannot be tested here, or null where they can. */
export async function whyNoBrowser(): Promise<string | null> {
  try {
    await inBrowser(async () => undefined);
    return null;
  } catch (error) {
    return (error as Error).message;
  }
}

/** What a page did while a test looked at it. */
export interface Visit {
  readonly page: Page;
  /** Errors in the console and uncaught ones. */
  readonly errors: string[];
  /** Addresses that the page asked for, its own not included. */
  readonly requests: string[];
}

export interface VisitOptions {
  readonly viewport?: { readonly width: number; readonly height: number };
  /** What must have appeared before the test looks: a drawn figure unless said otherwise. */
  readonly waitFor?: string;
}

/** Opens a local file in a page without a network. */
export async function visit<Result>(
  file: string,
  look: (visit: Visit) => Promise<Result>,
  { viewport = { width: 1000, height: 800 }, waitFor = ".main-svg .gtitle" }: VisitOptions = {},
): Promise<Result> {
  return inBrowser(async (plotlyPage) => {
    const browser = plotlyPage.context().browser()!;
    const context = await browser.newContext({ offline: true, viewport });
    try {
      const page = await context.newPage();
      const errors: string[] = [];
      const requests: string[] = [];
      page.on("console", (message) => {
        if (message.type() === "error") errors.push(message.text());
      });
      page.on("pageerror", (error) => errors.push(error.message));
      const address = `file://${file}`;
      page.on("request", (request) => {
        if (request.url() !== address) requests.push(request.url());
      });
      await page.goto(address);
      await page.waitForSelector(waitFor);
      return await look({ page, errors, requests });
    } finally {
      await context.close();
    }
  });
}
