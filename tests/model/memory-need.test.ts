import assert from "node:assert/strict";
import { readdirSync, readFileSync } from "node:fs";
import { describe, it } from "node:test";
import { openSafetensors } from "../../src/checkpoints/safetensors-reader";
import { ModelConfigError } from "../../src/errors";
import { modelConfig } from "../../src/model/families/model-config";
import { HookedTransformer } from "../../src/model/hooked-transformer";
import { requireMemory } from "../../src/model/memory-need";
import { parameterCount } from "../../src/model/parameter-count";
import { assertRefused } from "../checkpoints/refusals";
import { put, temporaryFolder } from "../checkpoints/temporary-folder";
import { fixture } from "../golden";

/** The sizes of Llama 3.1 405B. */
const HUGE = {
  model_type: "llama",
  vocab_size: 128256,
  hidden_size: 16384,
  num_hidden_layers: 126,
  num_attention_heads: 128,
  num_key_value_heads: 8,
  intermediate_size: 53248,
  max_position_embeddings: 131072,
};

describe("the memory that a model needs", () => {
  for (const family of readdirSync(fixture("arch"))) {
    it(`is that of its matrices: ${family}`, () => {
      const file = fixture("arch", family, "base-model", "config.json");
      const source = openSafetensors(fixture("arch", family, "base-model", "model.safetensors"));
      const sizes = source.names.map((name) => source.info(name).shape);
      source.close();
      const inMatrices = sizes
        .filter((shape) => shape.length === 2)
        .reduce((sum, [rows, columns]) => sum + rows * columns, 0);
      // OPT's two positions before the first one.
      const besides = family === "opt" ? 2 * 32 : 0;
      const cfg = modelConfig(JSON.parse(readFileSync(file, "utf8")), file);
      assert.equal(parameterCount(cfg), inMatrices - besides);
    });
  }

  it("is compared with what there is, in numbers", () => {
    const cfg = modelConfig(HUGE, "config.json");
    assert.throws(
      () => requireMemory(cfg, "config.json", 16e9),
      (error: Error) =>
        error instanceof ModelConfigError &&
        /^config\.json: this model does not fit into memory; found 406 billion parameters, which take 1948 GB in float32/.test(
          error.message,
        ) &&
        error.message.includes("expected at most 16.0 GB"),
    );
    requireMemory(cfg, "config.json", 2e12);
  });

  it("is asked for before weights are looked at", async () => {
    const folder = temporaryFolder();
    put(folder, "config.json", JSON.stringify(HUGE));
    put(
      folder,
      "model.safetensors",
      readFileSync(fixture("arch", "llama", "base-model", "model.safetensors")),
    );
    await assertRefused(
      () => HookedTransformer.fromPretrained(folder),
      /config\.json: this model does not fit into memory/,
      ModelConfigError,
    );
  });
});
