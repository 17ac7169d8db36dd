import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, it } from "node:test";
import type { NamedArray } from "../../src/checkpoints/named-array";
import { openSafetensors } from "../../src/checkpoints/safetensors-reader";
import { writeSafetensors } from "../../src/checkpoints/safetensors-writer";
import { temporaryFolder } from "../checkpoints/temporary-folder";
import { fixture } from "../golden";
import { pythonWith } from "../python-with";
import { run, runJson } from "./run";

const folder = temporaryFolder();
const STARCODER = fixture("family-settings", "starcoder2");
const REFERENCE = join(STARCODER, "reference.safetensors");

const OWN_CHECKS = [
  "processed = raw log-probabilities",
  "residual stream = sum of writes",
  "no-op patch, bit for bit",
  "suffix runs = full runs",
];

function tensorsOf(file: string): Map<string, NamedArray> {
  const source = openSafetensors(file);
  const tensors = new Map(source.names.map((name) => [name, source.read(name)]));
  source.close();
  return tensors;
}

/** A reference that was tampered with. */
async function reference(
  name: string,
  edit: (tensors: Map<string, NamedArray>) => void,
): Promise<string> {
  const tensors = tensorsOf(REFERENCE);
  edit(tensors);
  const file = join(folder, `${name}.safetensors`);
  await writeSafetensors(file, tensors);
  return file;
}

describe("tslens verify BASE", () => {
  const models = [
    fixture("golden-a", "base-model"),
    ...readdirSync(fixture("arch")).map((family) => fixture("arch", family, "base-model")),
    STARCODER,
  ];
  for (const base of models) {
    it(`finds that the numbers can be trusted: ${base.slice(fixture().length + 1)}`, async () => {
      const { checks, ok } = await runJson("verify", base);
      assert.equal(ok, true);
      assert.deepEqual(
        checks.map(({ name }: { name: string }) => name),
        OWN_CHECKS,
      );
      for (const check of checks) {
        assert.ok(check.ok && check.worst <= check.tolerance, JSON.stringify(check));
      }
    });
  }

  it("prints a table", async () => {
    const { code, stdout, stderr } = await run("verify", STARCODER, "--reference", REFERENCE);
    assert.deepEqual([code, stderr], [0, ""]);
    for (const name of [...OWN_CHECKS, "reference: logits", "reference: hidden_states.3"]) {
      assert.match(stdout, new RegExp(`^${name} .* yes$`, "m"));
    }
  });
});

describe("tslens verify BASE --reference", () => {
  it("compares every tensor of transformers' with the model's", async () => {
    const { checks, ok } = await runJson("verify", STARCODER, "--reference", REFERENCE);
    assert.equal(ok, true);
    assert.deepEqual(
      checks.slice(OWN_CHECKS.length).map(({ name }: { name: string }) => name),
      [0, 1, 2, 3].map((layer) => `reference: hidden_states.${layer}`).concat("reference: logits"),
    );
  });

  it("exits 1 with the JSON still on stdout where a number is off", async () => {
    const file = await reference("off", (tensors) => {
      (tensors.get("1/hidden_states.2")!.data as Float32Array)[3] += 0.01;
    });
    const { code, stdout, stderr } = await run("verify", STARCODER, "--reference", file, "--json");
    const { checks, ok } = JSON.parse(stdout);
    assert.deepEqual([code, ok], [1, false]);
    const failed = checks.filter((check: { ok: boolean }) => !check.ok);
    assert.deepEqual(
      failed.map(({ name }: { name: string }) => name),
      ["reference: hidden_states.2"],
    );
    assert.match(stderr, /^tslens: 1 check of 9 failed: .*hidden_states\.2 off by 0\.00\d+\n$/);
  });

  it("exits 1 where it is another model's", async () => {
    const other = fixture("family-settings", "starcoder2-no-bias", "reference.safetensors");
    const { code, stdout } = await run("verify", STARCODER, "--reference", other, "--json");
    assert.deepEqual([code, JSON.parse(stdout).ok], [1, false]);
  });

  const array = (shape: number[], dtype: "float32" | "int64" = "float32"): NamedArray => {
    const length = shape.reduce((product, size) => product * size, 1);
    return dtype === "int64"
      ? { dtype, shape, data: new BigInt64Array(length).fill(1n) }
      : { dtype, shape, data: new Float32Array(length) };
  };
  const refused: Record<string, [(tensors: Map<string, NamedArray>) => void, RegExp]> = {
    "a batch axis": [
      (tensors) => {
        const logits = tensors.get("0/logits")!;
        tensors.set("0/logits", { ...logits, shape: [1, ...logits.shape] });
      },
      /"0\/logits" has another shape .* found \[1, 19, 31\], expected \[19, 31\], without a batch/,
    ],
    "another vocabulary": [
      (tensors) => tensors.set("1/logits", array([1, 32])),
      /"1\/logits" has another shape .*found \[1, 32\], expected \[1, 31\]/,
    ],
    "no tokens": [
      (tensors) => tensors.delete("1/tokens"),
      /prompt 1 .* not whole; found no "1\/tokens"/,
    ],
    "tokens only": [
      (tensors) => {
        tensors.clear();
        tensors.set("0/tokens", array([3], "int64"));
      },
      /prompt 0 .* not whole; found tokens only/,
    ],
    "token ids outside the vocabulary": [
      (tensors) => {
        (tensors.get("1/tokens")!.data as BigInt64Array)[0] = 31n;
      },
      /token id outside the vocabulary/,
    ],
    "a name that means nothing": [
      (tensors) => tensors.set("0/hidden_state.0", array([1])),
      /not a reference .*found "0\/hidden_state\.0"/,
    ],
    "more layers": [
      (tensors) => tensors.set("0/hidden_states.4", array([19, 16])),
      /more hidden states than the model; found hidden_states\.4, expected 0 to 3/,
    ],
    "no number": [
      (tensors) => {
        (tensors.get("0/logits")!.data as Float32Array)[2] = Number.NaN;
      },
      /"0\/logits" holds a number that is not finite; found NaN at element 2/,
    ],
    nothing: [(tensors) => tensors.clear(), /the reference is empty/],
  };
  for (const [what, [edit, message]] of Object.entries(refused)) {
    it(`with ${what} is refused in one line`, async () => {
      const file = await reference(what.replaceAll(" ", "-"), edit);
      const result = await run("verify", STARCODER, "--reference", file, "--json");
      assert.deepEqual([result.code, result.stdout], [1, ""]);
      assert.match(result.stderr, message);
      assert.equal(result.stderr.trim().split("\n").length, 1);
    });
  }

  it("that is no such file is refused in one line", async () => {
    const file = join(folder, "text.safetensors");
    writeFileSync(file, "not tensors");
    for (const path of [file, join(folder, "none.safetensors")]) {
      const { code, stdout, stderr } = await run("verify", STARCODER, "--reference", path);
      assert.deepEqual([code, stdout, stderr.trim().split("\n").length], [1, "", 1]);
      assert.ok(stderr.includes(path));
    }
  });

  const python = pythonWith("torch", "transformers", "safetensors");
  it("is written by the Python of docs/models.md", {
    skip: python === undefined && "no Python with torch, transformers and safetensors",
  }, async () => {
    const docs = readFileSync(join(__dirname, "..", "..", "docs", "models.md"), "utf8");
    const [, code] = /```python\n(.*?)```/s.exec(docs)!;
    const script = join(folder, "reference.py");
    writeFileSync(script, code);
    for (const base of [
      fixture("arch", "gemma2", "base-model"),
      fixture("golden-a", "base-model"),
    ]) {
      const file = join(folder, "written.safetensors");
      execFileSync(python!, [script, base, file], { stdio: "ignore" });
      const { checks, ok } = await runJson("verify", base, "--reference", file);
      assert.equal(ok, true);
      assert.ok(checks.length > OWN_CHECKS.length + 3);
    }
  });
});
