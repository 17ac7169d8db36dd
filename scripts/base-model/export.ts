/** Writes the trained weights as a Hugging Face folder: `npx tsx scripts/base-model/export.ts`. */
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { writeSafetensors } from "../../src/checkpoints/safetensors-writer";
import { config, MODEL_FOLDER } from "./settings";
import { readState } from "./training-state";

async function main(): Promise<void> {
  const state = readState();
  if (!state) throw new Error("run scripts/base-model/train.ts first");
  const tensors = new Map(
    state.model.map(({ name, shape, data }) => [name, { dtype: "float32" as const, shape, data }]),
  );
  await writeSafetensors(join(MODEL_FOLDER, "model.safetensors"), tensors, { format: "pt" });
  writeFileSync(
    join(MODEL_FOLDER, "config.json"),
    `${JSON.stringify(huggingFaceConfig(), null, 2)}\n`,
  );
  console.log(`weights after step ${state.step} written to ${MODEL_FOLDER}`);
}

function huggingFaceConfig(): object {
  return {
    architectures: ["GPT2LMHeadModel"],
    model_type: "gpt2",
    activation_function: config.act_fn,
    n_layer: config.n_layers,
    n_embd: config.d_model,
    n_head: config.n_heads,
    n_inner: null,
    n_positions: config.n_ctx,
    n_ctx: config.n_ctx,
    vocab_size: config.d_vocab,
    layer_norm_epsilon: config.eps,
    tie_word_embeddings: config.tie_word_embeddings,
    bos_token_id: config.bos_token_id,
    eos_token_id: config.eos_token_id,
    initializer_range: 0.02,
    // The model was trained without dropout.
    attn_pdrop: 0,
    embd_pdrop: 0,
    resid_pdrop: 0,
    torch_dtype: "float32",
  };
}

main();
