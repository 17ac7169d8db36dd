import assert from "node:assert/strict";
import { cpSync, mkdirSync, renameSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { basename, join } from "node:path";
import { before, describe, it } from "node:test";
import { findHeads } from "../../src/study/find-heads";
import { jobHash, type StudyJob, studyJobSchema } from "../../src/study/job";
import { LocalFinder } from "../../src/study/local-files";
import { openOutFolder } from "../../src/study/out-folder";
import { planHeads } from "../../src/study/plan-heads";
import { Roots } from "../../src/study/roots";
import { temporaryFolder } from "../checkpoints/temporary-folder";
import { writeSmallStudy } from "./small-study";

describe("a worker's files", () => {
  const folder = temporaryFolder();
  let job: StudyJob;
  const make = async (name: string) => {
    const place = join(folder, name);
    const { heads, texts } = await writeSmallStudy(place, 1, { texts: 5 });
    const plan = await planHeads(findHeads([heads]).heads, { texts });
    const out = await openOutFolder(join(place, "out"));
    return { ...plan.heads[0].job, out: { ...out, file: "audit_0_0.json" } };
  };
  before(async () => {
    job = await make("home");
  });
  const find = (...roots: string[]) => new LocalFinder(new Roots(roots)).find(job);
  const lacks = async (...roots: string[]) => {
    const found = await find(...roots);
    return "what" in found ? found.what : null;
  };

  it("are found where the job says, inside of its roots", async () => {
    assert.deepEqual(await find(join(folder, "home")), {
      headFile: join(job.head.path, "head.safetensors"),
      baseFolder: job.base.path,
      texts: job.options.texts!.path,
      out: job.out.path,
    });
  });

  it("are found in copies elsewhere, by their hashes, whatever their folders are called", async () => {
    const copy = join(folder, "copy");
    for (const [from, to] of [
      ["heads", "runs of others"],
      ["base", "a model"],
      ["out", "out"],
      ["texts.json", "texts.json"],
    ]) {
      cpSync(join(folder, "home", from), join(copy, to), { recursive: true });
    }
    const found = await find(copy);
    assert.ok(!("what" in found), JSON.stringify(found));
    assert.equal(found.baseFolder, join(copy, "a model"));
    assert.ok(found.headFile.startsWith(join(copy, "runs of others")));
    assert.equal(found.out, join(copy, "out"));
  });

  it("are not looked for outside of the roots", async () => {
    const { head, base, out } = job;
    assert.equal(await lacks(head.path, base.path), "out");
    assert.equal(await lacks(out.path, head.path), "base");
    assert.equal(await lacks(out.path, base.path), "head");
    assert.equal(await lacks(out.path, base.path, join(folder, "home", "heads")), "texts");
  });

  it("are not what links lead to outside of the roots", async () => {
    const inside = join(folder, "inside");
    mkdirSync(inside);
    for (const name of ["heads", "base", "out", "texts.json"]) {
      symlinkSync(join(folder, "home", name), join(inside, name));
    }
    assert.equal(await lacks(inside), "out");
    // A folder of the worker's own, whose weights are a link to another one's.
    const own = join(folder, "own");
    cpSync(join(folder, "home"), own, { recursive: true });
    const weights = join(own, "base", "model.safetensors");
    renameSync(weights, join(folder, "elsewhere.safetensors"));
    symlinkSync(join(folder, "elsewhere.safetensors"), weights);
    assert.equal(await lacks(own), "base");
    rmSync(weights);
    renameSync(join(folder, "elsewhere.safetensors"), weights);
    assert.equal(await lacks(own), null);
    const [run] = findHeads([join(own, "heads")]).heads;
    renameSync(run.metricsFile!, join(folder, "metrics.json"));
    symlinkSync(join(folder, "metrics.json"), run.metricsFile!);
    assert.equal(await lacks(own), "head");
  });

  it("are others when a byte is another", async () => {
    const changed = join(folder, "changed");
    cpSync(join(folder, "home"), changed, { recursive: true });
    writeFileSync(join(changed, "texts.json"), "[[1]]");
    assert.equal(await lacks(changed), "texts");
    const [run] = findHeads([join(changed, "heads")]).heads;
    writeFileSync(run.configFile, `${" "}${JSON.stringify({})}`);
    assert.equal(await lacks(changed), "head");
  });

  it("a job that names anything else is none", () => {
    assert.ok(studyJobSchema.safeParse(job).success);
    const wrong: object[] = [
      { ...job, out: { ...job.out, file: "../audit_0_0.json" } },
      { ...job, out: { ...job.out, file: "/etc/passwd" } },
      { ...job, out: { ...job.out, file: "audit_0_0__../../x.json" } },
      { ...job, out: { ...job.out, id: "x" } },
      { ...job, head: { ...job.head, files: { "../head.pt": "0".repeat(64) } } },
      { ...job, head: { ...job.head, files: { "..": "0".repeat(64) } } },
      { ...job, head: { ...job.head, path: "a\0b" } },
      { ...job, experiment: "process.exit()" },
      { ...job, run: "rm" },
      { ...job, options: { ...job.options, seed: "0" } },
      { ...job, format: 2 },
    ];
    for (const one of wrong) assert.ok(!studyJobSchema.safeParse(one).success, JSON.stringify(one));
  });

  it("a job's hash is of contents, options and version, not of paths", () => {
    const elsewhere = { ...job, head: { ...job.head, path: "/x", shown: "x" } };
    assert.equal(jobHash(elsewhere), job.job);
    const others = [
      { ...job, options: { ...job.options, seed: 1 } },
      { ...job, options: { ...job.options, prepend_bos: true } },
      { ...job, options: { ...job.options, texts: null } },
      { ...job, base: { ...job.base, files: { "config.json": "0".repeat(64) } } },
      { ...job, head: { ...job.head, files: { "config.json": "0".repeat(64) } } },
    ];
    const hashes = new Set([job.job, ...others.map(jobHash)]);
    assert.equal(hashes.size, others.length + 1);
  });

  it("a root that is not there is said", () => {
    assert.throws(
      () => new Roots([join(folder, "nowhere")]),
      /there is no such folder; found ENOENT/,
    );
    assert.equal(basename(new Roots([folder]).paths[0]), basename(folder));
  });
});
