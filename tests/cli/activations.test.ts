import assert from "node:assert/strict";
import { cpSync, existsSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, it } from "node:test";
import { openSafetensors } from "../../src/checkpoints/safetensors-reader";
import { temporaryFolder } from "../checkpoints/temporary-folder";
import { fixture, goldenSequences, relativeToLargest } from "../golden";
import { run } from "./run";

const BASE = fixture("golden-a", "base-model");
const folder = temporaryFolder();

/** Names in a golden file that belong to one sequence, without its number. */
function namesOf(source: { names: readonly string[] }, sequence: number): string[] {
  const prefix = `${sequence}/`;
  return source.names
    .filter((name) => name.startsWith(prefix))
    .map((name) => name.slice(prefix.length));
}

// Expected numbers: TransformerLens 3 on PyTorch 2.13 (activations_*.safetensors of golden-a).
for (const [kind, options] of [
  ["processed", []],
  ["unprocessed", ["--no-processing"]],
] as const) {
  describe(`tslens activations ${options.join("")}`, () => {
    const expected = openSafetensors(fixture("golden-a", `activations_${kind}.safetensors`));
    goldenSequences().forEach((tokens, sequence) => {
      it(`${tokens.length} tokens: every activation and the logits`, async () => {
        const out = join(folder, `${kind}-${sequence}.safetensors`);
        const { code, stderr } = await run(
          ...["activations", BASE, "--tokens", tokens.join(","), "--out", out, ...options],
        );
        assert.deepEqual([code, stderr], [0, ""]);
        const found = openSafetensors(out);
        assert.deepEqual([...found.names].sort(), namesOf(expected, sequence).sort());
        for (const name of found.names) {
          const [a, b] = [found.read(name), expected.read(`${sequence}/${name}`)];
          assert.deepEqual([a.dtype, a.shape], [b.dtype, b.shape], name);
          const error = relativeToLargest(a.data as Float32Array, b.data as Float32Array);
          assert.ok(error < 1e-4, `${name} is off by ${error}`);
        }
        found.close();
      });
    });
  });
}

describe("tslens activations --names", () => {
  const out = join(folder, "some.safetensors");
  const names = async (regex: string) => {
    const { code, stderr } = await run(
      ...["activations", BASE, "--tokens", "1 2", "--names", regex, "--out", out],
    );
    assert.deepEqual([code, stderr], [0, ""]);
    const source = openSafetensors(out);
    source.close();
    return [...source.names].sort();
  };

  it("keeps those that match, and the logits", async () => {
    assert.deepEqual(await names("resid_pre|^hook_embed$"), [
      "blocks.0.hook_resid_pre",
      "blocks.1.hook_resid_pre",
      "blocks.2.hook_resid_pre",
      "blocks.3.hook_resid_pre",
      "hook_embed",
      "logits",
    ]);
    assert.deepEqual(await names("^logits$"), ["logits"]);
  });
});

describe("tslens activations refuses", () => {
  const out = join(folder, "none.safetensors");
  const cases: [why: string, args: string[], pattern: RegExp][] = [
    ["no prompt", [], /one prompt; found none/],
    ["two prompts", ["--tokens", "1", "--text", "a"], /both --text and --tokens/],
    ["ids that are none", ["--tokens", "1,x"], /--tokens .*found "x"/],
    ["ids that are not whole", ["--tokens", "1.5"], /found 1\.5/],
    ["an id outside the vocabulary", ["--tokens", "1,300"], /found 300, .*0 to 299/],
    ["a negative id", ["--tokens", "-1"], /found -1, .*0 to 299/],
    ["an empty prompt", ["--tokens", ""], /the prompt is empty/],
    ["a prompt beyond the context", ["--tokens", `1${",1".repeat(64)}`], /65 tokens, .*at most 64/],
    ["a gap between ids", ["--tokens", "1,,2"], /--tokens .*found a gap in "1,,2"/],
    ["a comma at the end", ["--tokens", "1,2,"], /--tokens .*found a gap in "1,2,"/],
    ["a comma in front", ["--tokens", ",1"], /--tokens .*found a gap in ",1"/],
    ["gaps with spaces", ["--tokens", "1, ,2"], /--tokens .*found a gap/],
    ["nothing but commas", ["--tokens", ","], /--tokens .*found a gap/],
    ["a text without a tokenizer", ["--text", "a"], /no tokenizer/],
    ["BOS before ids", ["--tokens", "1", "--prepend-bos"], /--prepend-bos is for --text/],
    ["a broken pattern", ["--tokens", "1", "--names", "("], /--names is not a regular expr/],
    ["a pattern of nothing", ["--tokens", "1", "--names", "hook_foo"], /matches no activation/],
  ];
  for (const [why, args, pattern] of cases) {
    it(why, async () => {
      const { code, stdout, stderr } = await run("activations", BASE, ...args, "--out", out);
      assert.deepEqual([code, stdout], [1, ""]);
      assert.match(stderr, pattern);
      assert.match(stderr, /^tslens: [^\n]+\n$/);
      assert.ok(!existsSync(out));
    });
  }
});

describe("tslens activations on a model whose tokenizer is another's", () => {
  const out = join(folder, "tokenizer.safetensors");
  const notRun = join(folder, "not-run");
  cpSync(fixture("tokenizers", "wordpiece"), notRun, { recursive: true });
  writeFileSync(join(notRun, "tokenizer.json"), JSON.stringify({ model: { type: "Unigram" } }));
  const foreign = join(folder, "foreign");
  cpSync(fixture("golden-a", "base-model"), foreign, { recursive: true });
  const vocab = { a: 299, b: 300, ab: 301, "<|endoftext|>": 302 };
  writeFileSync(
    join(foreign, "tokenizer.json"),
    JSON.stringify({ model: { vocab, merges: ["a b"] }, added_tokens: [] }),
  );

  it("takes token ids", async () => {
    const args = ["activations", notRun, "--tokens", "4,5", "--out", out];
    assert.equal((await run(...args)).code, 0);
    assert.equal((await run("activations", foreign, "--text", "aa", "--out", out)).code, 0);
  });

  for (const [why, base, text, pattern] of [
    ["a kind that is not run", notRun, ["我们"], /this model takes no text: .*found "Unigram"/],
    ["a token that the model lacks", foreign, ["ab"], /found id 301, expected ids from 0 to 299/],
    ["a BOS token that it lacks", foreign, ["a", "--prepend-bos"], /found id 302/],
    ["characters that no token has", foreign, ["x"], /no character that .* knows; found "x"/],
  ] as const) {
    it(`refuses a text: ${why}`, async () => {
      const { code, stdout, stderr } = await run(
        ...["activations", base, "--text", ...text, "--out", out],
      );
      assert.deepEqual([code, stdout], [1, ""]);
      assert.match(stderr, /^tslens: [^\n]+\n$/);
      assert.match(stderr, pattern);
    });
  }
});
