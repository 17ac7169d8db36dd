import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { describe, it } from "node:test";
import { modelNames } from "../../src/model/model-names";
import { fixture } from "../golden";

// TransformerLens 3.9's names on the hub and aliases of the families that are run
// (`transformer_lens/supported_models.py`).
const KNOWN: Readonly<Record<string, string[]>> = JSON.parse(
  readFileSync(fixture("transformer-lens-names.json"), "utf8"),
);

describe("names of models", () => {
  it("are TransformerLens's: every alias is found on the hub and in its cache", () => {
    for (const [onHub, aliases] of Object.entries(KNOWN)) {
      for (const name of [onHub, ...aliases, ...aliases.map((alias) => alias.toUpperCase())]) {
        const names = modelNames(name);
        assert.ok(names.onHub.includes(onHub), `${name} is not ${onHub}`);
        assert.equal(names.all[0], name);
        assert.ok(names.all.includes(onHub), name);
      }
    }
  });

  it("of different models are different", () => {
    const seen = new Map<string, string>();
    for (const [onHub, aliases] of Object.entries(KNOWN)) {
      for (const name of new Set([...modelNames(onHub).all, ...aliases])) {
        const key = name.toLowerCase();
        assert.equal(seen.get(key) ?? onHub, onHub, name);
        seen.set(key, onHub);
      }
    }
  });

  it("that nobody knows are themselves", () => {
    assert.deepEqual(modelNames("acme/llama"), { all: ["acme/llama"], onHub: ["acme/llama"] });
  });
});
