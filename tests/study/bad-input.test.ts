import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { cpSync, mkdirSync, readFileSync, symlinkSync, writeFileSync } from "node:fs";
import { basename, join } from "node:path";
import { before, describe, it } from "node:test";
import { findHeads } from "../../src/study/find-heads";
import { planHeads } from "../../src/study/plan-heads";
import { nameResults } from "../../src/study/result-names";
import { goldenArchitecture } from "../arch";
import { temporaryFolder } from "../checkpoints/temporary-folder";
import { run } from "../cli/run";
import { fixture } from "../golden";
import { type SmallStudy, writeSmallStudy } from "./small-study";
import { StudyProcess } from "./study-process";

describe("a study of what cannot be studied", () => {
  const folder = temporaryFolder();
  let study: SmallStudy;
  before(async () => {
    study = await writeSmallStudy(folder, 3, { texts: 20 });
    mkdirSync(join(folder, "empty", "deep"), { recursive: true });
  });
  const oneLine = async (...args: string[]) => {
    const { code, stdout, stderr } = await run("study", ...args, "--out", join(folder, "none"));
    assert.equal(code, 1);
    assert.equal(stdout, "");
    assert.equal(stderr.trim().split("\n").length, 1, stderr);
    return stderr;
  };

  it("says so in a line", async () => {
    assert.match(await oneLine(join(folder, "empty")), /empty: there is no head in this folder/);
    assert.match(await oneLine(join(folder, "nowhere")), /nowhere: there is no such folder/);
    assert.match(await oneLine(), /missing required argument 'dir'/);
    assert.match(await oneLine(study.heads, "--seed", "x"), /--seed is not a seed/);
    assert.match(await oneLine(study.heads, "--workers", "-1"), /--workers is out of range/);
    assert.match(await oneLine(study.heads, "--workers", "0"), /leaves all work to other machines/);
    assert.match(await oneLine(study.heads, "--texts", join(folder, "no.txt")), /no\.txt/);
    assert.match(await oneLine(study.heads, "--base", "no/such/model"), /no base model/);
    const url = "postgres://me:hush@host/db";
    assert.match(await oneLine(study.heads, "--database", url), /holds a password/);
    const worker = await run("worker", "--root", folder);
    assert.match(worker.stderr, /needs the database of a study.*TSLENS_DATABASE/);
    const nowhere = await run(
      ...["worker", "--root", join(folder, "nowhere"), "--database", "postgres://h/d"],
    );
    assert.match(nowhere.stderr, /nowhere: there is no such folder/);
  });

  it("says what was tried of a database that is away, and that the embedded one needs none", async () => {
    const away = "postgres://me@127.0.0.1:1/studies";
    const database = ["--database", away];
    const ofWorker = run("worker", "--root", folder, ...database);
    for (const stderr of [
      await oneLine(study.heads, "--texts", study.texts, ...database),
      (await ofWorker).stderr,
    ]) {
      const [answer, tried] = [/there is no answer from the database at/, /\d+ times in \d+ s/];
      assert.match(
        stderr,
        new RegExp(`${answer.source} ${away}; found ECONNREFUSED, ${tried.source}`),
      );
      assert.match(stderr, /the embedded one needs nothing to be started/);
    }
  });

  it("audits heads of several families and sizes of base models together", async () => {
    const mixed = join(folder, "families");
    cpSync(join(study.heads, study.names[0]), join(mixed, "gpt2"), { recursive: true });
    for (const family of ["llama", "gemma2", "gpt_neox"]) {
      const { dir } = goldenArchitecture(family).heads.regression_post;
      const run = join(mixed, family, basename(dir));
      cpSync(fixture("arch", family, dir), run, { recursive: true });
      const file = join(run, "best_model", "config.json");
      const config = JSON.parse(readFileSync(file, "utf8"));
      const base_model_name = fixture("arch", family, "base-model");
      writeFileSync(file, JSON.stringify({ ...config, base_model_name }));
    }
    const args = ["study", mixed, "--texts", study.texts, "--workers", "1", "--json"];
    const { code, stdout, stderr } = await new StudyProcess([
      ...args,
      "--out",
      join(folder, "both"),
    ]).ended;
    assert.equal(code, 0, stderr);
    const { heads, failed } = JSON.parse(stdout);
    assert.deepEqual(failed, []);
    assert.equal(new Set(heads.map((row: { base_model: string }) => row.base_model)).size, 4);
    // A head can see its own layer's neuron, in gated MLPs too: what that writes comes first.
    const ofNeurons = heads.filter((row: { layer_type: string }) => row.layer_type === "post");
    assert.deepEqual(
      ofNeurons.map((row: { cosine_of: string }) => row.cosine_of),
      ["output", "output", "output"],
    );
  });

  it("leaves out what cannot be used, with the reason, and goes on with the others", async () => {
    const mixed = join(folder, "mixed");
    const copyOf = (name: string, config: object | string, i = 0) => {
      cpSync(join(study.heads, study.names[i]), join(mixed, name), { recursive: true });
      const file = join(mixed, name, "best_model", "config.json");
      const text =
        typeof config === "string"
          ? config
          : JSON.stringify({ ...JSON.parse(readFileSync(file, "utf8")), ...config });
      writeFileSync(file, text);
    };
    copyOf("good", {});
    copyOf("no-base", { base_model_name: null });
    copyOf("missing-base", { base_model_name: "/no/such/folder" });
    copyOf("broken", "{");
    copyOf("other-layer", { target_layer: 77 });
    mkdirSync(join(mixed, "empty-run", "best_model"), { recursive: true });
    cpSync(join(mixed, "good"), join(mixed, "copy"), { recursive: true });
    symlinkSync(join(mixed, "good"), join(mixed, "link"));
    const args = ["study", mixed, join(folder, "empty"), mixed, "--texts", study.texts, "--json"];
    const out = join(folder, "out");
    const { code, stdout, stderr } = await new StudyProcess([...args, "--out", out]).ended;
    assert.equal(code, 0, stderr);
    const { heads, failed } = JSON.parse(stdout);
    assert.equal(heads.length, 1);
    const reasons = Object.fromEntries(
      failed.map(({ model_dir, reason }: { model_dir: string; reason: string }) => [
        model_dir.slice(folder.length + 1),
        reason,
      ]),
    );
    assert.deepEqual(Object.keys(reasons).sort(), [
      "empty",
      ...["mixed/broken", "mixed/empty-run", "mixed/missing-base", "mixed/no-base"],
      "mixed/other-layer",
    ]);
    assert.match(reasons["mixed/no-base"], /"base_model_name" is missing.*--base/);
    assert.match(reasons["mixed/missing-base"], /there is no base model/);
    assert.match(reasons["mixed/broken"], /not JSON/);
    assert.match(reasons["mixed/other-layer"], /"target_layer" is out of range; found 77/);
    assert.match(reasons["mixed/empty-run"], /no trained head/);
    assert.match(stderr, /copy.*file by file: the head is studied once/);
    assert.match(stderr, /are the same head: it is studied once/);
    const failures = stderr.split("\n").filter((line) => line.startsWith("failed: "));
    assert.equal(failures.length, failed.length);
  });

  it("names results as if in one order, whoever is done first", async () => {
    const plan = await planHeads(findHeads([study.heads]).heads, { texts: study.texts });
    const [first] = plan.heads;
    const twin = {
      ...first,
      modelDir: join(folder, "twin"),
      job: { ...first.job, job: "0".repeat(64) },
    };
    const out = join(folder, "names");
    mkdirSync(out);
    const files = (await nameResults(out, [first, twin])).heads.map(({ file }) => file);
    assert.deepEqual(files, ["audit_0_0.json", "audit_0_0__twin.json"]);
    // Of another head, or nothing of ours: it stays.
    writeFileSync(join(out, "audit_0_0.json"), JSON.stringify({ model_path: "/another/run" }));
    const others = (await nameResults(out, [first, twin])).heads.map(({ file }) => file);
    assert.deepEqual(others, [`audit_0_0__${study.names[0]}.json`, "audit_0_0__twin.json"]);
    // Its own result, by other options.
    writeFileSync(join(out, "audit_0_0.json"), JSON.stringify({ model_path: first.modelDir }));
    const own = (await nameResults(out, [first, twin])).heads.map(({ file }) => file);
    assert.deepEqual(own, files);
  });

  it("other commands load nothing of what only studies need", () => {
    const main = JSON.stringify(join(__dirname, "..", "..", "dist", "cli", "run-cli.js"));
    const code = `require(${main}).runCli(["--help"], { print: async () => {}, note() {} }).then(() =>
      console.log(Object.keys(require.cache).filter((file) => /pg-boss|pglite|node_modules.pg.|hyparquet/.test(file)).length))`;
    const said = execFileSync(process.execPath, ["-e", code], { encoding: "utf8" });
    assert.equal(said.trim(), "0");
  });
});
