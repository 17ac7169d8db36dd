import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { before, describe, it } from "node:test";
import Ajv2020, { type ValidateFunction } from "ajv/dist/2020";
import { schemaFile, schemaText } from "../../scripts/write-schemas";
import { openHead } from "../../src/analysis/open-head";
import { analyzeActivationPatching } from "../../src/experiments/activation-patching/measure";
import { analyzeAudit } from "../../src/experiments/audit/audits";
import { analyzeLinearWeights } from "../../src/experiments/linear-weights/measure";
import { analyzeNeuronSweep } from "../../src/experiments/neuron-sweep/measure";
import { EXPERIMENTS, type ResultName } from "../../src/experiments/registry";
import { serializeResult } from "../../src/experiments/serialize-result";
import { SCHEMA_VERSION } from "../../src/results/schema-version";
import { temporaryFolder } from "../checkpoints/temporary-folder";
import { fixture, golden } from "../golden";
import { pythonWith } from "../python-with";
import {
  exampleAudit,
  exampleLinearWeights,
  examplePatching,
  exampleSweep,
} from "./example-results";

const EXAMPLES = {
  audit: exampleAudit,
  linear_weights_analysis: exampleLinearWeights,
  activation_patching: examplePatching,
  neuron_sweep: exampleSweep,
};
const NAMES = EXPERIMENTS.map(({ name }) => name);
const DOCS = join(__dirname, "..", "..", "docs", "results.md");

describe("the published JSON Schemas", () => {
  const folder = temporaryFolder();
  const results = new Map<ResultName, object>();
  const validate = new Map<ResultName, ValidateFunction>();

  before(async () => {
    for (const name of NAMES) {
      const schema = JSON.parse(readFileSync(schemaFile(name), "utf8"));
      // Formats are for zod: JSON Schema leaves them to the reader.
      validate.set(name, new Ajv2020({ validateFormats: false }).compile(schema));
    }
    const { heads, sequences } = golden();
    const base = fixture("golden-a", "base-model");
    const head = await openHead(fixture("golden-a", heads.classification_hidden.dir), { base });
    const written = {
      audit: serializeResult("audit", await analyzeAudit(head, { texts: sequences })),
      linear_weights_analysis: serializeResult(
        "linear_weights_analysis",
        await analyzeLinearWeights(head, { prompts: sequences }),
      ),
      activation_patching: serializeResult(
        "activation_patching",
        await analyzeActivationPatching(head, sequences),
      ),
      neuron_sweep: serializeResult("neuron_sweep", await analyzeNeuronSweep(head, sequences)),
    };
    head.dispose();
    mkdirSync(join(folder, "results"));
    for (const name of NAMES) {
      writeFileSync(join(folder, "results", `${name}_2_3.json`), written[name]);
      results.set(name, JSON.parse(written[name]));
    }
  });

  for (const name of NAMES) {
    it(`${name}: the file is what the code checks by (npm run schemas writes it)`, () => {
      assert.equal(readFileSync(schemaFile(name), "utf8"), schemaText(name));
      assert.equal(JSON.parse(schemaText(name)).$id, `urn:tslens:${name}:${SCHEMA_VERSION}`);
    });

    it(`${name}: a real result follows it, by ajv`, () => {
      const check = validate.get(name)!;
      assert.ok(check(results.get(name)), JSON.stringify(check.errors?.slice(0, 3)));
    });

    it(`${name}: what writing refuses the schema refuses too`, () => {
      const check = validate.get(name)!;
      const example = EXAMPLES[name]();
      assert.ok(check(example), JSON.stringify(check.errors));
      for (const change of [
        { target_layer: -1 },
        { timestamp: 0 },
        { surplus: 1 },
        { schema_version: "0.9" },
        { warnings: [1] },
        { provenance: {} },
      ]) {
        assert.equal(check({ ...example, ...change }), false, JSON.stringify(change));
        assert.throws(() => serializeResult(name, { ...example, ...change } as never));
      }
      const { target_neuron: _, ...without } = example;
      assert.equal(check(without), false);
    });
  }

  const withJsonschema = pythonWith("jsonschema");
  const noJsonschema = withJsonschema
    ? false
    : "no Python with jsonschema; TSLENS_PYTHON names one";
  it("Python's jsonschema agrees", { skip: noJsonschema }, () => {
    const code = `
import json, sys
from jsonschema import Draft202012Validator
for schema, result in zip(sys.argv[1::2], sys.argv[2::2]):
    schema, result = json.load(open(schema)), json.load(open(result))
    Draft202012Validator.check_schema(schema)
    Draft202012Validator(schema).validate(result)
    result["slope_of_nothing"] = 1
    assert not Draft202012Validator(schema).is_valid(result)
`;
    const files = NAMES.flatMap((name) => [
      schemaFile(name),
      join(folder, "results", `${name}_2_3.json`),
    ]);
    execFileSync(withJsonschema!, ["-c", code, ...files]);
  });

  const withPandas = pythonWith("pandas");
  const noPandas = withPandas ? false : "no Python with pandas; TSLENS_PYTHON names one";
  it("the Python in docs/results.md reads them into pandas", { skip: noPandas }, () => {
    const [, code] = /```python\n([\s\S]*?)```/.exec(readFileSync(DOCS, "utf8"))!;
    const output = execFileSync(withPandas!, ["-c", code], { cwd: folder, encoding: "utf8" });
    const { slope } = results.get("activation_patching") as { slope: number };
    assert.match(output, /activation_patching_2_3\.json +classification/);
    assert.match(output, new RegExp(slope.toPrecision(4).slice(0, -1)));
    assert.match(output, /signs_by_prompt/);
    // Five factors of every prompt.
    assert.match(output, new RegExp(`json +${5 * golden().sequences.length}\\b`));
  });

  it("docs/results.md explains every null hypothesis that a result names", () => {
    const docs = readFileSync(DOCS, "utf8");
    const { tests } = results.get("linear_weights_analysis") as {
      tests: { null_hypothesis: string }[];
    };
    const { evidence } = results.get("activation_patching") as {
      evidence: { tests: typeof tests };
    };
    for (const { null_hypothesis } of [...tests, ...evidence.tests]) {
      assert.ok(docs.includes(`\`${null_hypothesis}\``), null_hypothesis);
    }
  });
});
