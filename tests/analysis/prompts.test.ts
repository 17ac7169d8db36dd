import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { gzipSync } from "node:zlib";
import { readPrompts } from "../../src/analysis/prompts";
import { InputError } from "../../src/errors";
import { put, temporaryFolder } from "../checkpoints/temporary-folder";

const folder = temporaryFolder();

// SPEC: a JSON list if the file begins with [, else a text file as train-head reads it.
describe("a prompts file", () => {
  const cases: [why: string, name: string, content: string | Uint8Array, prompts: unknown[]][] = [
    ["a JSON list", "list.json", '["One.", [1, 2]]', ["One.", [1, 2]]],
    ["a JSON list under any name", "list.txt", '["One.", [1, 2]]', ["One.", [1, 2]]],
    ["a JSON list without an ending", "list", '["One."]', ["One."]],
    ["a JSON list behind white space", "space.txt", '\n \t["One."]\n', ["One."]],
    ["a JSON list behind a byte-order mark", "mark.txt", '\ufeff["One."]', ["One."]],
    ["a prompt a line", "lines.txt", "One.\n  Two [2].\r\nThree\n", ["One.", "Two [2].", "Three"]],
    ["paragraphs", "paragraphs.txt", "One\nline.\n\nTwo.\n", ["One line.", "Two."]],
    ["a text that begins with {", "brace.txt", "{a}\n{b}", ["{a}", "{b}"]],
    ["a byte-order mark before a text", "text.txt", "\ufeffOne.", ["One."]],
    ["gzipped", "lines.txt.gz", gzipSync("Ä\nß"), ["Ä", "ß"]],
    ["without an ending", "prompts", "One.", ["One."]],
  ];
  for (const [why, name, content, prompts] of cases) {
    it(why, async () => assert.deepEqual(await readPrompts(put(folder, name, content)), prompts));
  }

  const refused: [why: string, name: string, content: string | Uint8Array, pattern: RegExp][] = [
    ["a text that begins with [ and is no list", "no.txt", "[1] a note", /the file is not JSON/],
    ["an object called .json", "no.json", '{"a": 1}', /found object, expected a JSON list/],
    ["nothing", "empty.txt", " \n", /holds no text/],
    ["an empty list", "empty.list", "[]", /found an empty list/],
    ["no UTF-8", "latin1.txt", new Uint8Array([0xe4, 0x62]), /cannot be read/],
    ["a gzipped list", "list.json.gz", gzipSync('["One."]'), /not read gzipped. Unpack it first/],
  ];
  for (const [why, name, content, pattern] of refused) {
    it(`is not ${why}`, async () => {
      const file = put(folder, name, content);
      await assert.rejects(readPrompts(file), (error: Error) => {
        assert.ok(error instanceof InputError);
        assert.match(error.message, pattern);
        assert.ok(error.message.startsWith(`${file}: `), error.message);
        return true;
      });
    });
  }
});
