import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { existsSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { loadHead } from "../../src/heads/load-head";
import { predictFromFeatures } from "../../src/heads/prediction";
import { randomStream } from "../../src/stats/random-stream";
import { pythonWith } from "../python-with";

const python = pythonWith("torch");

/** Reads features from stdin and prints what PyTorch predicts from them. */
const PROGRAM = `
import json, sys, torch
from torch.nn import functional as F
folder = sys.argv[1]
config = json.load(open(folder + "/config.json"))
tensors = torch.load(folder + "/head.pt", weights_only=True)
head = config["head_config"]
x = torch.tensor(json.load(sys.stdin), dtype=torch.float32)
if head.get("hidden_dim"):
    x = getattr(F, head["activation"])(F.linear(x, tensors["hidden.weight"], tensors["hidden.bias"]))
if config["head_type"] == "token":
    assert not tensors
    y = torch.zeros(0)
else:
    y = F.linear(x, tensors["output.weight"], tensors["output.bias"])
    if config["head_type"] == "regression":
        y = y[:, 0] * (head["output_scale"] or 1)
    else:
        edges = torch.tensor(config["bin_edges"])
        y = y.softmax(-1) @ ((edges[1:] + edges[:-1]) / 2)
print(json.dumps(y.tolist()))
`;

const models = join(__dirname, "..", "..", "models");
const runs = readdirSync(models).filter((name) => name.startsWith("neuron_"));

for (const run of runs) {
  for (const folder of ["best_model", "final_model"]) {
    const skip = python ? false : "no Python with torch; TSLENS_PYTHON names one";
    test(`PyTorch opens ${run}/${folder} and predicts the same`, { skip }, async () => {
      const directory = join(models, run, folder);
      assert.ok(existsSync(join(directory, "head.pt")));
      const head = await loadHead(directory);
      const stream = randomStream(0, "test");
      const features = Array.from({ length: 20 }, () =>
        Array.from({ length: head.config.dModel }, () => Math.fround(4 * stream.gaussian())),
      );
      const input = JSON.stringify(features);
      const child = spawnSync(python!, ["-c", PROGRAM, directory], { input, encoding: "utf8" });
      assert.equal(child.status, 0, child.stderr);
      const theirs = JSON.parse(child.stdout) as number[];
      if (head.config.headType === "token") return;
      const ours = predictFromFeatures(head, features);
      const largest = Math.max(...ours.map(Math.abs));
      ours.forEach((value, i) => {
        assert.ok(Math.abs(value - theirs[i]) <= 1e-5 * largest, `${value} is not ${theirs[i]}`);
      });
    });
  }
}
