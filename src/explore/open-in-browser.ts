import { spawn } from "node:child_process";
import { rmSync } from "node:fs";
import { mkdtemp, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { escapeHtml } from "../text/escape-html";

/**
 * Opens an address with the system's own opener; where there is none, nothing happens. The address goes by
 * a file that only this user can read, as Jupyter's does: every user of the machine sees a program's
 * arguments, and this one lets its reader in.
 *
 * @returns removes the file
 */
export async function openInBrowser(url: string): Promise<() => void> {
  const folder = await mkdtemp(join(tmpdir(), "tslens-explore-"));
  const file = join(folder, "open.html");
  const page = `<!doctype html><meta charset="utf-8"><meta http-equiv="refresh" content="0; url=${escapeHtml(url)}"><a href="${escapeHtml(url)}">tslens explore</a>\n`;
  await writeFile(file, page, { mode: 0o600 });
  const [command, ...args] = opener(pathToFileURL(file).href);
  const child = spawn(command, args, { stdio: "ignore", detached: true });
  child.on("error", () => undefined);
  child.unref();
  return () => rmSync(folder, { recursive: true, force: true });
}

function opener(address: string): readonly [command: string, ...args: string[]] {
  if (process.platform === "darwin") return ["open", address];
  if (process.platform === "win32") return ["rundll32", "url.dll,FileProtocolHandler", address];
  return ["xdg-open", address];
}
