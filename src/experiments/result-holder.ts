import { statSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { resolve } from "node:path";
import { runName } from "../heads/run-folders";

/** Where a head is and what is in it. */
export interface HeadIdentity {
  readonly place: string;
  readonly run: string;
  readonly sha256: unknown;
}

export function identityOf(result: { model_path: string; provenance?: unknown }): HeadIdentity {
  const provenance = result.provenance as { head_sha256?: unknown } | null | undefined;
  return {
    place: resolve(result.model_path),
    run: runName(result.model_path),
    sha256: provenance?.head_sha256,
  };
}

export function isSameHead(a: HeadIdentity, b: HeadIdentity): boolean {
  const sameWeights = a.sha256 !== undefined && a.sha256 === b.sha256;
  return a.place === b.place || (sameWeights && a.run === b.run);
}

/** The head whose result a file holds; null when the file is not such a result. */
export async function holderOf(path: string): Promise<HeadIdentity | null> {
  // Reading a pipe or a device may never end.
  const there = statSync(path, { throwIfNoEntry: false });
  if (!there?.isFile() && !there?.isDirectory()) return null;
  const text = await readFile(path, "utf8");
  try {
    const result = JSON.parse(text);
    return typeof result?.model_path === "string" ? identityOf(result) : null;
  } catch {
    return null;
  }
}
