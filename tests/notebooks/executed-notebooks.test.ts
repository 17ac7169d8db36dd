import assert from "node:assert/strict";
import {
  cpSync,
  existsSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";
import { after, before, describe, it } from "node:test";
import { goldenArchitecture } from "../arch";
import { fixture } from "../golden";
import { CHARACTERS, llamaStyleTokenizer, vocabularyOf } from "../llama-style-tokenizer";
import { bundledHead } from "./bundled-head";
import { folderInProject, PROJECT, readNotebook, runNotebooks } from "./kernel";

const NOTEBOOKS = {
  linear_weights_analysis: [
    "weight_similarity_comparison",
    "weight_distributions",
    "weight_vectors_pca",
    "similarity_nulls",
    "weight_contributions",
  ],
  activation_patching: [
    "scaling_experiment",
    "pred_vs_act_change_all",
    "pred_vs_act_regression",
    "per_input_sensitivity",
    "slope_evidence",
    "direct_and_total",
  ],
} as const;

/** What the notebooks show: a sweep has a result and a folder of its own. */
const SHOWN: Readonly<Record<keyof typeof NOTEBOOKS, readonly string[]>> = {
  linear_weights_analysis: [...NOTEBOOKS.linear_weights_analysis, "tokens", "examples"],
  activation_patching: [
    ...NOTEBOOKS.activation_patching,
    ...["neuron_sweep", "dose_response", "causal_map"],
  ],
};

/** What the notebook that compares heads shows. */
const COMPARED = [
  ...["atlas", "forest", "share_by_layer", "share_by_head_type"],
  ...["share_by_feature_layer", "share_by_texts_count", "share_by_ridge_penalty"],
];

/** Keys that Python scripts read (SPEC section 7). */
const KEYS = {
  linear_weights_analysis:
    "model_path head_type target_layer target_neuron sim_with_input sim_with_output random_baseline_mean z_score_input z_score_output timestamp",
  activation_patching:
    "model_path head_type target_layer target_neuron baseline_correlation slope intercept r_squared scale_factors avg_act_changes avg_pred_changes timestamp",
} as const;

const FIGURE_MIME_TYPES = ["application/vnd.plotly.v1+json", "image/png", "text/plain"];

function checkOutputs(file: string, figures: readonly string[]): void {
  const code = readNotebook(file).cells.filter(({ cell_type }) => cell_type === "code");
  const outputs = code.flatMap((cell) => cell.outputs);
  for (const { execution_count, source } of code) {
    assert.ok(execution_count, `not executed: ${source}`);
  }
  const complaints = outputs.filter((o) => o.output_type === "error" || o.name === "stderr");
  assert.deepEqual(complaints, []);
  const shown = outputs.filter(({ data }) => data && FIGURE_MIME_TYPES[0] in data);
  assert.equal(shown.length, figures.length);
  for (const { data } of shown) {
    assert.deepEqual(Object.keys(data!).sort(), [...FIGURE_MIME_TYPES].sort());
    const png = Buffer.from(data!["image/png"] as string, "base64");
    assert.equal(png.subarray(1, 4).toString("latin1"), "PNG");
    assert.ok(png.length > 10_000, "the picture is empty");
  }
}

/** Every number in a JSON value, with its path. */
function numbersIn(value: unknown, path = ""): [string, number][] {
  if (typeof value === "number") return [[path, value]];
  if (typeof value !== "object" || value === null) return [];
  return Object.entries(value).flatMap(([key, part]) => numbersIn(part, `${path}.${key}`));
}

describe("both notebooks, executed on the tslab kernel", () => {
  let results: string;
  let output: string;

  before(() => {
    results = folderInProject();
    const run = runNotebooks(["linear_weights_analysis", "activation_patching", "--out", results]);
    output = run.output;
    assert.equal(run.status, 0, run.output);
  });
  after(() => rmSync(results, { recursive: true, force: true }));

  for (const name of ["linear_weights_analysis", "activation_patching"] as const) {
    it(`${name}: every cell ran, every figure was shown as one bundle`, () => {
      checkOutputs(join(results, "notebooks", `${name}.ipynb`), SHOWN[name]);
    });

    it(`${name}: the JSON has the contract's keys and finite numbers`, () => {
      const [file, ...others] = readdirSync(results).filter(
        (entry) => entry.startsWith(name) && entry.endsWith(".json"),
      );
      assert.deepEqual(others, []);
      const result = JSON.parse(readFileSync(join(results, file), "utf8"));
      assert.equal(
        file,
        `${name}_${result.target_layer}_${result.target_neuron}.json`,
        "the contract's file name",
      );
      for (const key of KEYS[name].split(" ")) {
        assert.ok(result[key] !== undefined && result[key] !== null, key);
      }
      for (const [path, number] of numbersIn(result)) assert.ok(Number.isFinite(number), path);
    });

    it(`${name}: its figures are there in three formats`, () => {
      const folder = readdirSync(results).find(
        (entry) => entry.startsWith(name) && statSync(join(results, entry)).isDirectory(),
      );
      const expected = NOTEBOOKS[name].flatMap((figure) =>
        ["html", "json", "png"].map((format) => `${figure}.${format}`),
      );
      assert.deepEqual(readdirSync(join(results, folder!)).sort(), expected.sort());
    });
  }

  it("the head's prediction goes with the activation on varied prompts", () => {
    const file = readdirSync(results).find((entry) => /^activation_patching.*\.json$/.test(entry));
    const result = JSON.parse(readFileSync(join(results, file!), "utf8"));
    assert.ok(result.baseline_correlation > 0.5, `correlation ${result.baseline_correlation}`);
  });

  it("the run says what was written", () => {
    assert.match(output, /baseline_correlation/);
  });
});

describe("both notebooks on other kinds of heads", () => {
  for (const kind of ["classification", "token"]) {
    it(`${kind}: every cell runs, every figure is shown, what does not exist has its reason`, () => {
      const results = folderInProject();
      try {
        const head = readdirSync(join(PROJECT, "models"))
          .map((name) => join(PROJECT, "models", name))
          .find((folder) => headType(folder) === kind);
        const { status, output } = runNotebooks(["--model-dir", head!, "--out", results]);
        assert.equal(status, 0, output);
        for (const [name, figures] of Object.entries(SHOWN)) {
          checkOutputs(join(results, "notebooks", `${name}.ipynb`), figures);
        }
        const files = readdirSync(results).filter((entry) => entry.endsWith(".json"));
        assert.equal(files.length, 4);
        for (const file of files) {
          const result = JSON.parse(readFileSync(join(results, file), "utf8"));
          assert.equal(result.head_type, kind);
          for (const [path, number] of numbersIn(result)) assert.ok(Number.isFinite(number), path);
        }
      } finally {
        rmSync(results, { recursive: true, force: true });
      }
    });
  }
});

describe("both notebooks on a Llama", () => {
  it("every cell runs, and the gate is shown and compared", () => {
    const results = folderInProject();
    try {
      const base = join(results, "base-model");
      cpSync(fixture("arch", "llama", "base-model"), base, { recursive: true });
      const tokenizer = llamaStyleTokenizer(vocabularyOf(CHARACTERS));
      writeFileSync(join(base, "tokenizer.json"), JSON.stringify(tokenizer));
      const head = fixture("arch", "llama", goldenArchitecture("llama").heads.regression_post.dir);
      const args = ["--model-dir", head, "--base", base, "--out", results];
      const { status, output } = runNotebooks(args);
      assert.equal(status, 0, output);
      for (const [name, figures] of Object.entries(SHOWN)) {
        checkOutputs(join(results, "notebooks", `${name}.ipynb`), figures);
      }
      const notebook = readFileSync(
        join(results, "notebooks", "linear_weights_analysis.ipynb"),
        "utf8",
      );
      assert.match(notebook, /W_gate\[:, n\]/);
      const file = join(results, "linear_weights_analysis_1_63.json");
      const { sim_with_gate, pca_with_gate } = JSON.parse(readFileSync(file, "utf8"));
      assert.equal(typeof sim_with_gate, "number");
      assert.equal(pca_with_gate.points.length, 4);
    } finally {
      rmSync(results, { recursive: true, force: true });
    }
  });
});

describe("one notebook on several heads", () => {
  it("leaves a copy for each, and the results page says whose each is", async () => {
    const results = folderInProject();
    const elsewhere = folderInProject();
    try {
      const name = "linear_weights_analysis";
      const usual = bundledHead();
      const other = readdirSync(join(PROJECT, "models")).find(
        (run) => run !== usual && headType(join(PROJECT, "models", run)) === "regression",
      )!;
      // Of the same name in another place, and another head.
      const namesake = join(elsewhere, usual);
      cpSync(join(PROJECT, "models", other), namesake, { recursive: true });
      const copies = () => readdirSync(join(results, "notebooks")).sort();
      const execute = (...args: string[]) => {
        const run = runNotebooks([name, "--no-browser", "--out", results, ...args]);
        assert.equal(run.status, 0, run.output);
        return copies();
      };
      const both = (stem: string) => [`${stem}.html`, `${stem}.ipynb`];
      assert.deepEqual(execute("--model-dir", join(PROJECT, "models", other)), both(name));
      const written = readFileSync(join(results, "notebooks", `${name}.html`));
      const second = [...both(name), ...both(`${name}__${usual}`)].sort();
      // By the notebook's own parameters.
      assert.deepEqual(execute(), second);
      const third = execute("--model-dir", namesake).filter((file) => !second.includes(file));
      assert.equal(third.length, 2);
      for (const file of third) {
        assert.match(file, new RegExp(`^${name}__${usual}__[0-9a-f]{8}\\.(html|ipynb)$`));
      }
      assert.ok(written.equals(readFileSync(join(results, "notebooks", `${name}.html`))));
      const page = readFileSync(join(results, "index.html"), "utf8");
      for (const [stem, run] of [
        [name, other],
        [`${name}__${usual}`, usual],
        [third[0]!.replace(/\.html$/, ""), usual],
      ]) {
        const section = page.split("<details").find((part) => part.includes(`/${stem}.html"`))!;
        assert.match(section, new RegExp(`<h2>${run}</h2>`));
        assert.match(section, />linear_weights_analysis<\/a>\./);
      }
      assert.doesNotMatch(page, /Other notebooks/);
    } finally {
      for (const folder of [results, elsewhere]) rmSync(folder, { recursive: true, force: true });
    }
  });
});

/** What kind of head a run directory holds; undefined for another folder. */
function headType(folder: string): string | undefined {
  const file = join(folder, "best_model", "config.json");
  return existsSync(file) ? JSON.parse(readFileSync(file, "utf8")).head_type : undefined;
}

describe("the committed notebooks", () => {
  for (const [name, figures] of Object.entries({ ...SHOWN, compare_heads: COMPARED })) {
    it(`${name} carries its outputs`, () => {
      const file = join(PROJECT, "notebooks", `${name}.ipynb`);
      assert.ok(existsSync(file));
      checkOutputs(file, figures);
    });

    it(`${name} names no path of one machine`, () => {
      const text = readFileSync(join(PROJECT, "notebooks", `${name}.ipynb`), "utf8");
      assert.doesNotMatch(text, new RegExp(PROJECT.replace(/[^\w/]/g, "\\$&")));
      assert.doesNotMatch(text, /"[^"]*(\/home\/|\/Users\/|\/root\/)/);
    });
  }
});
