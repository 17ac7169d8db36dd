import { existsSync, readFileSync } from "node:fs";

/** @typedef {"python" | "venv" | "compiler"} Need */

/** @type {Record<string, Record<Need, string>>} */
const commands = {
  debian: {
    python: "apt install python3 python3-venv",
    venv: "apt install python3-venv",
    compiler: "apt install g++",
  },
  fedora: {
    python: "dnf install python3",
    venv: "dnf install python3-pip",
    compiler: "dnf install gcc-c++",
  },
  arch: { python: "pacman -S python", venv: "pacman -S python", compiler: "pacman -S gcc" },
  suse: {
    python: "zypper install python311",
    venv: "zypper install python311-pip",
    compiler: "zypper install gcc-c++",
  },
  alpine: { python: "apk add python3", venv: "apk add python3", compiler: "apk add g++" },
  darwin: {
    python: "brew install python",
    venv: "brew install python",
    compiler: "xcode-select --install",
  },
  win32: {
    python: "winget install Python.Python.3.12",
    venv: "winget install Python.Python.3.12",
    compiler: "winget install Microsoft.VisualStudio.2022.BuildTools",
  },
};

/**
 * What to type on this system to get what is missing.
 * @param {Need} need
 */
export function installCommand(need) {
  const known = systemNames().find((name) => name in commands) ?? "debian";
  return /** @type {Record<Need, string>} */ (commands[known])[need];
}

function systemNames() {
  if (process.platform !== "linux") return [process.platform];
  const release = existsSync("/etc/os-release") ? readFileSync("/etc/os-release", "utf8") : "";
  return [...release.matchAll(/^ID(?:_LIKE)?="?([^"\n]*)"?$/gm)]
    .flatMap((line) => /** @type {string} */ (line[1]).split(" "))
    .map((name) => ({ rhel: "fedora", opensuse: "suse", ubuntu: "debian" })[name] ?? name);
}
