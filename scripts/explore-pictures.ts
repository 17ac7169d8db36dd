/**
 * `node --import tsx scripts/explore-pictures.ts`: the pictures of docs/explore.md, made of the page itself.
 */
import { join } from "node:path";
import { closeBrowser, inBrowser } from "../src/display/browser";
import { localExplorer } from "../src/explore/local-explorer";
import { exploreServer } from "../src/explore/server";

const FOLDER = join(__dirname, "..", "docs", "explore");
const HEAD = "neuron_l2_n52_20261122_120000";
const TEXT = "Once upon a time there was a king who had three sons.";
/** " king", the measured token of all pictures. */
const POSITION = 7;

async function main(): Promise<void> {
  const explorer = await localExplorer();
  const server = await exploreServer(explorer, { port: 0, unforeseen: String });
  await inBrowser(async (plotlyPage) => {
    const viewport = { width: 900, height: 900 };
    const context = await plotlyPage.context().browser()!.newContext({ viewport });
    const page = await context.newPage();
    const said = new URLSearchParams({ head: HEAD, text: TEXT, token: String(POSITION) });
    await page.goto(`${server.url}#${said}`);
    const section = (name: string) => page.locator(`section[aria-labelledby=${name}-title]`);
    const picture = (name: string) =>
      section(name).screenshot({ path: join(FOLDER, `${name}.png`), animations: "disabled" });
    const run = async (name: string, button: string) => {
      await section(name).getByRole("button", { name: button }).click();
      await section(name).locator(".export").waitFor({ timeout: 120_000 });
      await section(name).getByRole("button", { name: "Stop" }).waitFor({ state: "detached" });
      // Plotly draws after its answer is there.
      await page.waitForTimeout(1500);
      await picture(name);
    };
    await section("neuron").locator("[data-prediction]").waitFor();
    await section("neuron").locator("polyline").waitFor();
    await page.screenshot({ path: join(FOLDER, "page.png") });
    await picture("tokens");
    await page.getByRole("textbox", { name: "Value, as a number" }).fill("0");
    await page.waitForTimeout(500);
    await picture("neuron");
    await run("sweep", "Zero the neurons one by one");
    await run("map", "Draw the causal map");
    await run("audit", "Audit the head");
    await run("examples", "Find examples");
    await context.close();
  });
  await closeBrowser();
  await server.close();
  await explorer.dispose();
}

main().catch((error) => {
  console.error(error.message);
  process.exitCode = 1;
});
