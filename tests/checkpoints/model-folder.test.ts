import assert from "node:assert/strict";
import { cpSync, mkdirSync, rmSync } from "node:fs";
import { basename, join } from "node:path";
import { describe, it } from "node:test";
import { openModelFolder } from "../../src/checkpoints/model-folder";
import { writeSafetensors } from "../../src/checkpoints/safetensors-writer";
import { writeStateDict } from "../../src/checkpoints/torch-writer";
import { ModelConfigError } from "../../src/errors";
import { fixture } from "../golden";
import { assertRefused } from "./refusals";
import { put, temporaryFolder } from "./temporary-folder";

const folder = temporaryFolder();
let folders = 0;

/** A new folder with these files. */
function folderWith(files: Readonly<Record<string, string>>): string {
  const path = join(folder, `${folders++}`);
  mkdirSync(path);
  for (const [name, content] of Object.entries(files)) put(path, name, content);
  return path;
}

// Values: the same model, saved by Hugging Face in three ways.
it("single, sharded and .bin folders hold the same tensors", async () => {
  const single = await openModelFolder(fixture("golden-a", "base-model"));
  assert.equal((single.config as { n_embd: number }).n_embd, 48);
  assert.deepEqual(
    single.files.map((file) => basename(file)),
    ["config.json", "model.safetensors"],
  );
  for (const name of ["base-model-sharded", "base-model-bin"]) {
    const other = await openModelFolder(fixture("golden-a", name));
    for (const tensor of single.tensors.names) {
      assert.deepEqual(
        other.tensors.read(tensor),
        single.tensors.read(tensor),
        `${name} ${tensor}`,
      );
      assert.deepEqual(other.tensors.info(tensor), single.tensors.info(tensor));
    }
    other.tensors.close();
  }
  single.tensors.close();
});

it("a sharded folder lists the index and every shard, and closes them all", async () => {
  const { tensors, files } = await openModelFolder(fixture("golden-a", "base-model-sharded"));
  assert.equal(files.length, 15);
  tensors.close();
  await assertRefused(() => tensors.read(tensors.names[0]), /has been closed/);
  await assertRefused(() => tensors.read("nope"), /no tensor "nope"/);
});

it("reads pytorch_model.bin.index.json", async () => {
  const path = folderWith({ "config.json": "{}" });
  const tensor = { dtype: "float32", shape: [1], data: new Float32Array([1]) } as const;
  await writeStateDict(join(path, "one.bin"), new Map([["a", tensor]]));
  await writeStateDict(join(path, "two.bin"), new Map([["b", tensor]]));
  put(path, "pytorch_model.bin.index.json", '{"weight_map":{"b":"two.bin","a":"one.bin"}}');
  const { tensors } = await openModelFolder(path);
  assert.deepEqual(tensors.names, ["b", "a"]);
  assert.deepEqual(tensors.read("a"), tensor);
  tensors.close();
});

it("prefers safetensors to .bin", async () => {
  const path = folderWith({ "config.json": "{}", "pytorch_model.bin": "not read" });
  await writeSafetensors(join(path, "model.safetensors"), new Map());
  const { tensors } = await openModelFolder(path);
  assert.deepEqual(tensors.names, []);
  tensors.close();
});

describe("refuses", () => {
  it("folders without a model", async () => {
    const refused = (path: string, reason: RegExp) =>
      assertRefused(() => openModelFolder(path), reason, ModelConfigError);
    await refused(join(folder, "none"), /no such folder/);
    await refused(fixture("gpt2-published.json"), /not a folder/);
    await refused(folderWith({ "a.txt": "" }), /no config\.json in this folder; found "a\.txt"/);
    await refused(
      folderWith({ "config.json": "{}" }),
      /no weights.*expected model\.safetensors or pytorch_model\.bin/,
    );
    await refused(folderWith({ "config.json": "{" }), /config\.json: the file is not JSON/);
    await refused(folderWith({ "config.json": '{"a":\nNaN}' }), /Replace NaN/);
    await refused(folderWith({ "config.json": "[".repeat(100_000) }), /nested too deeply/);
  });

  it("an index that is none, names a path or a file that is not there", async () => {
    const refused = (index: string, reason: RegExp) =>
      assertRefused(
        () =>
          openModelFolder(
            folderWith({ "config.json": "{}", "model.safetensors.index.json": index }),
          ),
        reason,
      );
    for (const index of ["{}", "[]", "null", "5", '{"weight_map":[]}', '{"weight_map":"a"}']) {
      await refused(index, /the index has no weight_map/);
    }
    for (const name of ["../x", "/etc/passwd", "a/b", "a\\b", "C:x", "..", ".", "", "a\u0000b"]) {
      const index = JSON.stringify({ weight_map: { a: name } });
      await refused(index, /places "a" outside the folder/);
    }
    await refused('{"weight_map":{"a":5}}', /places "a" outside the folder; found "5"/);
    await refused(
      '{"weight_map":{"a":"b.safetensors"}}',
      /files that are not there: "b\.safetensors"/,
    );
    const many = Object.fromEntries(Array.from({ length: 1001 }, (_, i) => [`t${i}`, `${i}.bin`]));
    await refused(JSON.stringify({ weight_map: many }), /too many files; found 1001 or more/);
  });

  it("an index that does not fit its shards", async () => {
    const path = folderWith({ "config.json": "{}" });
    const tensor = { dtype: "float32", shape: [1], data: new Float32Array([1]) } as const;
    await writeSafetensors(join(path, "x.safetensors"), new Map([["a", tensor]]));
    put(path, "model.safetensors.index.json", '{"weight_map":{"b":"x.safetensors"}}');
    await assertRefused(() => openModelFolder(path), /"b" is not in "x\.safetensors"; found "a"/);
  });

  it("a missing or damaged shard", async () => {
    const path = join(folder, "sharded");
    cpSync(fixture("golden-a", "base-model-sharded"), path, { recursive: true });
    put(path, "model-00002-of-00013.safetensors", "damaged");
    await assertRefused(() => openModelFolder(path), /model-00002-of-00013\.safetensors/);
    rmSync(join(path, "model-00002-of-00013.safetensors"));
    await assertRefused(
      () => openModelFolder(path),
      /index\.json: .*not there: "model-00002-of-00013/,
    );
  });
});
