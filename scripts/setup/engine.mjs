import { readFileSync, statSync } from "node:fs";
import { delimiter, join } from "node:path";
import { inProject } from "../project.mjs";
import { runLogged } from "./command.mjs";
import { stamp, stampOf } from "./stamp.mjs";
import { completeFromWheel } from "./tensorflow-wheel.mjs";

const nodeBinding = inProject("node_modules", "@tensorflow", "tfjs-node");
const probe = inProject("scripts", "setup", "probe-engine.cjs");

/**
 * @typedef {object} EngineState
 * @property {"tensorflow" | "wasm" | "cpu"} name
 * @property {string} description one line for people
 * @property {string | null} problem why it is not the native one, and what to type
 */

/** What set-up was asked for: nothing (the fastest engine), or one engine by name. */
const wanted = () => process.env.TSLENS_ENGINE ?? "";

/** The engine that an earlier set-up found, if nothing has changed since. @returns {EngineState | null} */
export function knownEngine() {
  const known = stampOf("engine");
  return known && known.circumstances === circumstances() ? known.state : null;
}

/** Changes when the native engine may have come or gone. */
function circumstances() {
  const parts = [join(nodeBinding, "lib"), join(nodeBinding, "deps", "lib")].map(
    (folder) => statSync(folder, { throwIfNoEntry: false })?.mtimeMs ?? "none",
  );
  return [process.version, process.arch, wanted(), ...parts].join(" ");
}

/**
 * Gets the native engine if it can be had, else settles for a slower one.
 * @returns {Promise<string>} what was done
 */
export async function installEngine() {
  const { state, how } = await fastestEngine();
  stamp("engine", { circumstances: circumstances(), state });
  return `${state.description}${how}`;
}

async function fastestEngine() {
  if (wanted() === "wasm" || wanted() === "cpu") {
    return { state: await loadedEngine(wanted()), how: ", as TSLENS_ENGINE asks" };
  }
  const there = await nativeEngine();
  if (there) return { state: there, how: "" };

  let reason = "its own download is out of reach";
  if (await ownDownloadIsReachable()) {
    const { log } = await runOwnInstaller();
    const downloaded = await nativeEngine();
    if (downloaded) return { state: downloaded, how: ", from its own download" };
    reason = `its own installer failed (${log})`;
  }
  const obstacle = await completeFromWheel(nodeBinding).catch((error) => error.message);
  const completed = obstacle ? null : await nativeEngine();
  if (completed) return { state: completed, how: ", completed from the tensorflow-cpu wheel" };

  const state = await loadedEngine("");
  const problem = `${reason}, and ${obstacle ?? "what was built instead does not load"}`;
  return { state: { ...state, problem }, how: "" };
}

/** @returns {Promise<EngineState | null>} */
function nativeEngine() {
  return loadedEngine("tensorflow").catch(() => null);
}

/**
 * @param {string} name the engine to load and no other; "" for the fastest that loads
 * @returns {Promise<EngineState>}
 */
async function loadedEngine(name) {
  const { succeeded, output } = await runLogged("engine-probe", process.execPath, [probe], {
    env: { TSLENS_ENGINE: name },
    minutes: 2,
  });
  const answer = output.split("\n").find((line) => line.startsWith("{"));
  if (!succeeded || !answer) throw new Error(`the tensor engine does not load:\n${output}`);
  const { name: loaded, description } = JSON.parse(answer);
  return { name: loaded, description, problem: null };
}

async function ownDownloadIsReachable() {
  // Its installer goes through the proxy by itself; a direct question would say nothing.
  if (process.env.HTTPS_PROXY || process.env.https_proxy) return true;
  const { binary } = JSON.parse(readFileSync(join(nodeBinding, "package.json"), "utf8"));
  try {
    await fetch(binary.host, { method: "HEAD", signal: AbortSignal.timeout(4000) });
    return true;
  } catch {
    return false;
  }
}

function runOwnInstaller() {
  return runLogged("engine-download", process.execPath, ["scripts/install.js"], {
    cwd: nodeBinding,
    env: { PATH: inProject("node_modules", ".bin") + delimiter + process.env.PATH },
    minutes: 10,
  });
}
