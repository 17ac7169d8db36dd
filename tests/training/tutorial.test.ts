import assert from "node:assert/strict";
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { temporaryFolder } from "../checkpoints/temporary-folder";
import { run } from "../cli/run";

/** The page's commands, in order, writing into another folder than the page's. */
const PAGE = join(__dirname, "..", "..", "docs", "train-a-head.md");
const PAGE_FOLDER = "results/heads";
const folder = temporaryFolder();
process.env.TSLENS_CACHE = join(folder, "cache");

const blocks = [...readFileSync(PAGE, "utf8").matchAll(/^```(\w*)\n(.*?)^```$/gms)];
const blocksOf = (language: string) =>
  blocks.filter(([, name]) => name === language).map(([, , block]) => block);
const commands = blocksOf("sh").flatMap((block) => block.trim().split("\n"));

test("the page has a command for each step", () => {
  const names = new Set(commands.map((command) => command.split(" ").slice(0, 3).join(" ")));
  const expected = ["train-head", "weights", "notebook", "patch"];
  assert.deepEqual(
    [...names],
    expected.map((name) => `npx tslens ${name}`),
  );
});

for (const command of commands) {
  test(command, async () => {
    const args = command.split(" ").slice(2);
    const moved = args.map((arg) => arg.replace(PAGE_FOLDER, folder));
    const { code, stdout, stderr } = await run(...moved);
    assert.equal(code, 0, stderr);
    if (args[0] !== "train-head") return;
    const [directory] = stdout.match(/(?<=^written to ).*/m)!;
    const isOne = !/ (--neurons|--top) /.test(command);
    const runs = isOne ? [directory] : readdirSync(directory).map((name) => join(directory, name));
    for (const run of runs) assert.ok(existsSync(join(run, "best_model", "head.pt")));
  });
}

test("the tables that the page quotes are those that are printed", async () => {
  const quoted = blocksOf("");
  const first = commands[0].split(" ").slice(2);
  const moved = first.map((arg) => arg.replace(PAGE_FOLDER, join(folder, "again")));
  const { stdout } = await run(...moved);
  const words = (text: string) => text.replace(/ +/g, " ");
  assert.ok(quoted.length > 0);
  for (const block of quoted) assert.ok(words(stdout).includes(words(block)), block);
});
