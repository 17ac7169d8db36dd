import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import {
  cpSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  realpathSync,
  rmSync,
  symlinkSync,
  unlinkSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { after, describe, test } from "node:test";

const projectRoot = join(__dirname, "..", "..");

/** What set-up looks at, but for the packages themselves. */
const LOOKED_AT = [
  ...["package.json", "package-lock.json", "tsconfig.json", "src", "dist", "scripts"],
  ".tslens/setup.json",
];

// On Windows the environment's Python and npm's links are of another kind.
describe("a project folder that was copied", { skip: process.platform === "win32" }, () => {
  const folder = realpathSync(mkdtempSync(join(tmpdir(), "tslens-copied-")));
  after(() => rmSync(folder, { recursive: true }));

  // As `cp -a` leaves it; packages and environment by links, since they are a gigabyte.
  for (const name of LOOKED_AT) {
    cpSync(join(projectRoot, name), join(folder, name), {
      recursive: true,
      preserveTimestamps: true,
      verbatimSymlinks: true,
    });
  }
  mkdirSync(join(folder, "node_modules"));
  const lock = JSON.parse(readFileSync(join(projectRoot, "package-lock.json"), "utf8"));
  const installed = join("node_modules", ".package-lock.json");
  cpSync(join(projectRoot, installed), join(folder, installed));
  const inside = Object.keys(lock.packages).filter((path) => path.startsWith("node_modules/"));
  for (const path of inside) {
    const [, name, inScope] = path.split("/");
    const top = join("node_modules", name!, name!.startsWith("@") ? inScope! : "");
    mkdirSync(dirname(join(folder, top)), { recursive: true });
    if (name !== "tslens") link(join(projectRoot, top), join(folder, top));
  }
  // npm's own link, relative.
  symlinkSync("..", join(folder, "node_modules", "tslens"));
  link(join(projectRoot, ".tslens", "venv"), join(folder, ".tslens", "venv"));

  function link(from: string, to: string): void {
    try {
      symlinkSync(from, to);
    } catch (error) {
      assert.equal((error as NodeJS.ErrnoException).code, "EEXIST");
    }
  }

  /** What a set-up script of the copy says of it. */
  function asked(root: string, script: string, what: string): unknown {
    const code = `import * as it from "./scripts/${script}"; console.log(JSON.stringify(${what}))`;
    const { stdout, stderr } = spawnSync(process.execPath, ["--input-type=module", "-e", code], {
      cwd: root,
      encoding: "utf8",
    });
    assert.equal(stderr, "");
    return JSON.parse(stdout);
  }

  test("is not set up, though everything is there; the original is", () => {
    assert.equal(asked(projectRoot, "setup.mjs", "it.isSetUp()"), true);
    assert.equal(asked(folder, "setup.mjs", "it.isSetUp()"), false);
    assert.equal(asked(folder, "setup/python.mjs", "it.pythonIsReady()"), false);
    assert.equal(asked(folder, "setup/library.mjs", "it.libraryIsCompiled()"), false);
    assert.equal(asked(folder, "setup/engine.mjs", "it.knownEngine()"), null);
    assert.equal(asked(folder, "setup/stamp.mjs", "it.placeOfSetUp()"), realpathSync(projectRoot));
  });

  test("is set up once that was done here", () => {
    const stamps = JSON.parse(readFileSync(join(projectRoot, ".tslens", "setup.json"), "utf8"));
    writeFileSync(
      join(folder, ".tslens", "setup.json"),
      JSON.stringify({ ...stamps, root: folder }),
    );
    assert.equal(asked(folder, "setup.mjs", "it.isSetUp()"), true);
  });

  test("is not set up if its packages lead to the original", () => {
    assert.equal(asked(folder, "setup/packages.mjs", "it.packagesAreInstalled()"), true);
    const own = join(folder, "node_modules", "tslens");
    unlinkSync(own);
    symlinkSync(projectRoot, own);
    assert.equal(asked(folder, "setup/packages.mjs", "it.packagesAreInstalled()"), false);
  });

  test("is set up again if what set-up noted cannot be read", () => {
    for (const noted of ["", "null", "[]", "{", '{"root": 5}']) {
      writeFileSync(join(folder, ".tslens", "setup.json"), noted);
      assert.equal(asked(folder, "setup.mjs", "it.isSetUp()"), false);
      assert.equal(asked(folder, "setup/stamp.mjs", "it.placeOfSetUp()"), null);
    }
  });
});
