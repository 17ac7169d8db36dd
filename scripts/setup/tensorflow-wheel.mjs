import { copyFileSync, existsSync, mkdirSync, renameSync, rmSync, symlinkSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join, relative } from "node:path";
import { inProject, inSetup } from "../project.mjs";
import { answerOf, lastLines, runLogged } from "./command.mjs";
import { environmentPython, impatientPip, pip } from "./python.mjs";
import { installCommand } from "./system-packages.mjs";

// The wheel holds the same C library that tfjs-node downloads, only newer. 2.21 is tried.
const WHEEL = "tensorflow-cpu==2.21.0";
// The library does not depend on Python's version; any wheel that the index has will do.
const PYTHONS = ["3.11", "3.12", "3.13", "3.10"];

const unpackScript = inProject("scripts", "setup", "unpack_wheel.py");
const folder = inSetup("tensorflow");
const libraries = ["libtensorflow_cc.so.2", "libtensorflow_framework.so.2"];

/**
 * Gives tfjs-node its native part without its own download: TensorFlow's library from the wheel,
 * and the addon compiled against it.
 * @param {string} nodeBinding tfjs-node's folder
 * @returns {Promise<string | null>} why it could not, and what to type; null if it could
 */
export async function completeFromWheel(nodeBinding) {
  if (process.platform !== "linux") {
    return `on ${process.platform} there is no other source. Connect to the network and type \`npm run setup\`.`;
  }
  const compiler = findCompiler();
  if (!compiler) {
    return `there is no C++ compiler to build it with. Type \`${installCommand("compiler")}\`, then \`npm run setup\`.`;
  }
  return (await unpackWheel()) ?? (await compileAddon(nodeBinding, compiler));
}

function findCompiler() {
  const candidates = [process.env.CXX, "g++", "c++", "clang++"].filter(
    (name) => name !== undefined,
  );
  return candidates.find((name) => answerOf(name, ["--version"]) !== null);
}

async function unpackWheel() {
  if (existsSync(folder)) return null;
  // Renamed at the end, so that an interrupted set-up leaves no half library behind.
  const part = `${folder}.part`;
  rmSync(part, { recursive: true, force: true });
  mkdirSync(part, { recursive: true });

  const download = join(part, "download");
  const got = await downloadWheel(download);
  const unpacked = got.succeeded
    ? await runLogged("tensorflow-unpack", environmentPython, [unpackScript, download, part])
    : got;
  if (unpacked.succeeded) {
    rmSync(download, { recursive: true });
    renameSync(part, folder);
    return null;
  }
  rmSync(part, { recursive: true });
  return `the ${WHEEL} wheel could not be had either:\n${lastLines(unpacked.output, 2)}\n  If the network is down, connect and type \`npm run setup\`.`;
}

/** @param {string} target */
async function downloadWheel(target) {
  /** @param {string} python */
  const download = (python) => [
    ...["download", "--no-deps", "--only-binary", ":all:", "--python-version", python],
    ...["--dest", target, WHEEL],
  ];
  for (const python of PYTHONS) {
    const got = await impatientPip("tensorflow-wheel", download(python));
    if (got.succeeded) return got;
  }
  return pip("tensorflow-wheel", download(/** @type {string} */ (PYTHONS[0])));
}

/**
 * Two files and a stable interface (N-API): the compiler alone does it, without node-gyp, make and
 * the headers of this very Node.
 * @param {string} nodeBinding
 * @param {string} compiler
 */
async function compileAddon(nodeBinding, compiler) {
  const require = createRequire(join(nodeBinding, "package.json"));
  const addon = require("@mapbox/node-pre-gyp").find(join(nodeBinding, "package.json"));
  const napi = /napi-v(\d+)/.exec(addon)?.[1];
  const built = join(folder, "tfjs_binding.node");
  const { succeeded, output, log } = await runLogged(
    "tensorflow-compile",
    compiler,
    [
      ...["-shared", "-fPIC", "-O2", "-std=c++17", `-DNAPI_VERSION=${napi}`],
      `-I${inProject("node_modules", "node-api-headers", "include")}`,
      `-I${join(folder, "include")}`,
      ...["binding/tfjs_backend.cc", "binding/tfjs_binding.cc"],
      ...[`-L${folder}`, ...libraries.map((name) => `-l:${name}`)],
      ...["-Wl,-rpath,$ORIGIN/../../deps/lib", "-o", built],
    ],
    { cwd: nodeBinding },
  );
  if (!succeeded) {
    return `the native library does not compile:\n${lastLines(output, 3)}\n  All of it: ${log}`;
  }
  mkdirSync(dirname(addon), { recursive: true });
  copyFileSync(built, addon);
  // Linked, not copied: 850 MB, which so outlive a new `npm ci`.
  const deps = join(nodeBinding, "deps");
  rmSync(join(deps, "lib"), { recursive: true, force: true });
  mkdirSync(deps, { recursive: true });
  symlinkSync(relative(deps, folder), join(deps, "lib"));
  return null;
}
