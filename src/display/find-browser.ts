import { existsSync } from "node:fs";
import { delimiter, join } from "node:path";

/** A browser that can be started. */
export interface BrowserProgram {
  /** What a reader calls it. */
  readonly name: string;
  readonly executablePath: string;
  /** What its environment needs beside this process's. */
  readonly env: Readonly<Record<string, string>>;
}

const ON_PATH = [
  "google-chrome",
  "google-chrome-stable",
  "chromium",
  "chromium-browser",
  "microsoft-edge",
  "microsoft-edge-stable",
];

const ON_MACOS = [
  "Google Chrome.app/Contents/MacOS/Google Chrome",
  "Chromium.app/Contents/MacOS/Chromium",
  "Microsoft Edge.app/Contents/MacOS/Microsoft Edge",
];

const ON_WINDOWS = [
  "Google\\Chrome\\Application\\chrome.exe",
  "Chromium\\Application\\chrome.exe",
  "Microsoft\\Edge\\Application\\msedge.exe",
];

/** The Chrome, Chromium and Edge that are installed in their usual places on this system. */
export function installedBrowsers(
  environment: NodeJS.ProcessEnv = process.env,
  platform: NodeJS.Platform = process.platform,
): BrowserProgram[] {
  return usualPlaces(environment, platform)
    .filter((path) => existsSync(path))
    .map((path) => ({ name: path, executablePath: path, env: {} }));
}

function usualPlaces(environment: NodeJS.ProcessEnv, platform: NodeJS.Platform): string[] {
  const under = (folders: (string | undefined)[], names: string[]) =>
    folders.flatMap((folder) => (folder ? names.map((name) => join(folder, name)) : []));
  switch (platform) {
    case "darwin":
      return under(["/Applications", join(environment.HOME ?? "", "Applications")], ON_MACOS);
    case "win32":
      return under(
        [environment.PROGRAMFILES, environment["PROGRAMFILES(X86)"], environment.LOCALAPPDATA],
        ON_WINDOWS,
      );
    default:
      return under((environment.PATH ?? "").split(delimiter), ON_PATH);
  }
}
