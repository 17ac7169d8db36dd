import type { BrowserContext, BrowserContextOptions, Page } from "playwright-core";
import { inBrowser } from "../../src/display/browser";

/** A tab, and what went wrong in it. */
export interface Tab {
  readonly page: Page;
  readonly context: BrowserContext;
  /** Uncaught errors, and errors in the console but those of requests that a test means to fail. */
  readonly errors: string[];
}

/** Opens an address in a browser that knows nothing of earlier ones. */
export async function inTab<Result>(
  url: string,
  look: (tab: Tab) => Promise<Result>,
  options: BrowserContextOptions = {},
): Promise<Result> {
  return inBrowser(async (plotlyPage) => {
    const context = await plotlyPage
      .context()
      .browser()!
      .newContext({ viewport: { width: 1000, height: 900 }, ...options });
    try {
      const tab = await newTab(context);
      await tab.page.goto(url);
      return await look(tab);
    } finally {
      await context.close();
    }
  });
}

/** Another tab of the same browser. */
export async function newTab(context: BrowserContext): Promise<Tab> {
  const page = await context.newPage();
  page.setDefaultTimeout(20_000);
  const errors: string[] = [];
  page.on("pageerror", (error) => errors.push(error.message));
  page.on("console", (message) => {
    const isRequest = /Failed to load resource/.test(message.text());
    if (message.type() === "error" && !isRequest) errors.push(message.text());
  });
  return { page, context, errors };
}
