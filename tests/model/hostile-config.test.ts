import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { describe, it } from "node:test";
import { TslensError } from "../../src/errors";
import { parseHeadConfig } from "../../src/heads/head-config";
import { gpt2Config } from "../../src/model/config";
import { fixture, golden } from "../golden";

/** Values as a file can have them in the place of any other. */
const VALUES: Readonly<Record<string, () => unknown>> = {
  "a million keys": () => Object.fromEntries(Array.from({ length: 1_000_000 }, (_, i) => [i, 0])),
  // A pattern that looks for the closing bracket from each opening one takes the square of their number.
  "a key of brackets": () => ({ ["[ ".repeat(500_000)]: 0 }),
  "brackets in a list": () => [["[ ".repeat(500_000)]],
  "a million texts": () => new Array(1_000_000).fill("x"),
  "a million numbers": () => new Array(1_000_000).fill(0),
  "lists in a list": () => new Array(1000).fill(new Array(1000).fill([])),
  "60 levels": () => JSON.parse("[".repeat(60) + "]".repeat(60)),
  "a long text": () => "x".repeat(1_000_000),
  "line breaks": () => "a\nb\u001b[2J",
  "an infinity": () => JSON.parse("1e999"),
  __proto__: () => JSON.parse('{"__proto__":{"a":1}}'),
  null: () => null,
};

/** Of zod, and of JavaScript. */
const FOREIGN_WORDS = /Invalid|Too (big|small)|received|undefined|\[object|Error/;

function checkEach(config: Record<string, unknown>, read: (config: unknown) => unknown): void {
  for (const [kind, value] of Object.entries(VALUES)) {
    it(kind, () => {
      const odd = value();
      for (const key of Object.keys(config)) {
        const start = performance.now();
        try {
          read({ ...config, [key]: odd });
        } catch (error) {
          assert.ok(error instanceof TslensError, `${key}: ${error}`);
          assert.match(error.message, /^[^\n\r]{1,1000}$/, key);
          assert.doesNotMatch(error.message, FOREIGN_WORDS);
        }
        assert.ok(performance.now() - start < 5_000, key);
      }
      assert.equal(({} as Record<string, unknown>).a, undefined);
    });
  }
}

describe("a model's configuration with", () => {
  const file = fixture("golden-a", "base-model", "config.json");
  checkEach(JSON.parse(readFileSync(file, "utf8")), (config) => gpt2Config(config, "config.json"));
});

describe("a head's configuration with", () => {
  const { dir } = golden().heads.classification_hidden;
  const file = fixture("golden-a", dir, "best_model", "config.json");
  const config = JSON.parse(readFileSync(file, "utf8"));
  const parse = (changed: unknown) => parseHeadConfig(changed, "config.json");
  checkEach(config, parse);
  describe("in head_config", () => {
    checkEach(config.head_config, (head_config) => parse({ ...config, head_config }));
  });
});
