import assert from "node:assert/strict";
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { after, before, describe, it } from "node:test";
import type { NamedArray } from "../../src/checkpoints/named-array";
import { writeSafetensors } from "../../src/checkpoints/safetensors-writer";
import { analyzeAudit } from "../../src/experiments/audit/audits";
import { donorPlan } from "../../src/experiments/audit/donors";
import { bindHead } from "../../src/heads/bind-head";
import { loadHead } from "../../src/heads/load-head";
import type { HookedTransformer } from "../../src/model/hooked-transformer";
import { openBase } from "../../src/model/open-base";
import type { Interval } from "../../src/results/evidence-parts";
import { temporaryFolder } from "../checkpoints/temporary-folder";
import { fixture } from "../golden";

type Matrix = readonly (readonly number[])[];
type Ends = readonly [estimate: number, low: number, high: number];

interface Case {
  readonly layer_type: string;
  readonly target_layer: number;
  readonly target_neuron: number;
  readonly feature_layer: number;
  readonly head: Readonly<Record<string, readonly [Matrix, readonly number[]]>>;
  readonly r: number;
  readonly unreached: number;
  readonly observational_slope: Ends;
  readonly causal_slope: Ends;
  readonly causal_share: Ends;
  readonly input_slope: Ends;
  readonly input_share: Ends;
}

interface Fixture {
  readonly texts: readonly (readonly number[])[];
  readonly donors: readonly (readonly number[])[];
  readonly cases: readonly Case[];
}

/** By PyTorch, statsmodels and SciPy in float64, without our code: scripts/make-audit-fixture.py. */
const { texts, donors, cases }: Fixture = JSON.parse(readFileSync(fixture("audit.json"), "utf8"));

describe("an audit computed a second time in Python", () => {
  const folder = temporaryFolder();
  let model: HookedTransformer;
  before(async () => {
    model = await openBase(fixture("golden-a", "base-model"));
  });
  after(() => model.dispose());

  it("was on the same resampling plan", () => {
    assert.deepEqual(donorPlan(texts.length, 20, { seed: 0, name: "audit-donors" }), donors);
  });

  for (const { head, ...expected } of cases) {
    const { layer_type, target_layer, target_neuron, feature_layer } = expected;
    it(`${layer_type} ${target_layer}, ${"hidden" in head ? "MLP" : "linear"} head`, async () => {
      const path = join(folder, layer_type);
      await writeHead(path, { layer_type, target_layer, target_neuron, feature_layer }, head);
      const audit = await analyzeAudit(bindHead(await loadHead(path), model, { path }), { texts });
      assert.equal(audit.texts.used, texts.length);
      close(audit.prediction.r.estimate!, expected.r, 1e-5);
      const agrees = (key: keyof typeof expected & keyof typeof audit, tolerance: number) => {
        const { estimate, low, high } = audit[key] as unknown as Interval;
        [estimate, low, high].forEach((value, i) => {
          close(value!, (expected[key] as unknown as Ends)[i], tolerance);
        });
      };
      agrees("observational_slope", 1e-4);
      agrees("causal_slope", 1e-4);
      agrees("causal_share", 1e-4);
      // Moves along the inputs come within a thousandth of the value.
      close(audit.unreached!, expected.unreached, 0.01);
      agrees("input_slope", 5e-3);
      agrees("input_share", 5e-3);
    });
  }
});

/** To a share of it, or of 1 where it is smaller. */
function close(actual: number, expected: number, tolerance: number): void {
  const far = Math.abs(actual - expected) / Math.max(1, Math.abs(expected));
  assert.ok(far <= tolerance, `${actual} instead of ${expected}`);
}

async function writeHead(path: string, target: object, head: Case["head"]): Promise<void> {
  const tensors = new Map(
    Object.entries(head).flatMap(([name, [weight, bias]]): [string, NamedArray][] => [
      [`${name}.weight`, array(weight.flat(), [weight.length, weight[0].length])],
      [`${name}.bias`, array(bias, [bias.length])],
    ]),
  );
  const hidden_dim = head.hidden ? head.hidden[1].length : null;
  const head_config = { input_dim: 48, hidden_dim, activation: "silu" };
  mkdirSync(path, { recursive: true });
  const config = { head_type: "regression", ...target, head_config };
  writeFileSync(join(path, "config.json"), JSON.stringify(config));
  await writeSafetensors(join(path, "head.safetensors"), tensors);
}

function array(values: readonly number[], shape: readonly number[]): NamedArray {
  return { dtype: "float32", shape, data: Float32Array.from(values) };
}
