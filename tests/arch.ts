import { readFileSync } from "node:fs";
import { openSafetensors } from "../src/checkpoints/safetensors-reader";
import { fixture, type Runs } from "./golden";

/** The tiny models of tests/fixtures/arch: ten families, two of them twice. */
export const ARCHITECTURES = [
  ...["gpt_neox", "gpt_neox_sequential", "llama", "llama_rope_scaled", "mistral", "qwen2"],
  ...["qwen3", "gpt_neo", "opt", "gemma", "gemma2", "phi"],
] as const;

/** What a golden.json of such a model says, made by transformers 5.18 and TransformerLens 3. */
export interface GoldenArchitecture {
  readonly sequences: number[][];
  readonly tl_cfg: { readonly gated_mlp?: boolean };
  readonly shipped_settings_that_disagree: readonly {
    readonly what: string;
    readonly worst_relative_logit_error: number;
  }[];
  readonly heads: Readonly<
    Record<
      "regression_mlp_out" | "regression_post",
      {
        readonly dir: string;
        readonly hook: string;
        readonly features: number[][];
        readonly baseline: Runs;
        readonly experiments: readonly (Runs & { readonly patch: [string, number] })[];
      }
    >
  >;
}

export function goldenArchitecture(family: string): GoldenArchitecture {
  return JSON.parse(readFileSync(fixture("arch", family, "golden.json"), "utf8"));
}

/** A weight of such a model by its TransformerLens name, as numbers in rows. */
export function goldenWeight(
  family: string,
  kind: "processed" | "unprocessed",
  name: string,
): number[][] {
  const source = openSafetensors(fixture("arch", family, `weights_${kind}.safetensors`));
  const { data, shape } = source.read(name);
  source.close();
  const columns = shape[shape.length - 1];
  const values = Array.from(data as Float32Array);
  return Array.from({ length: values.length / columns }, (_, row) =>
    values.slice(row * columns, (row + 1) * columns),
  );
}
