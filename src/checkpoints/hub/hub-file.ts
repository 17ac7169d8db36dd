import { createHash } from "node:crypto";
import { createReadStream } from "node:fs";
import { pipeline } from "node:stream/promises";
import type { PathInfo } from "@huggingface/hub";
import { HubError } from "../../errors";
import { quoted } from "../quoted";

/** A file of a model on the hub, and how to know it. */
export interface HubFile {
  readonly path: string;
  /** In bytes. */
  readonly size: number;
  /** SHA-256 of a large file; of others the SHA-1 by which git knows them. The cache names files by it. */
  readonly hash: string;
}

const SHA256 = /^[0-9a-f]{64}$/;
const GIT_SHA1 = /^[0-9a-f]{40}$/;

/**
 * What the hub says of a file. Its hash becomes a file's name.
 *
 * @throws HubError if the size or the hash is not one.
 */
export function hubFile({ path, size, oid, lfs }: PathInfo, where: string): HubFile {
  const file = { path, size: lfs?.size ?? size, hash: lfs?.oid ?? oid ?? "" };
  const isHash = typeof file.hash === "string" && (lfs ? SHA256 : GIT_SHA1).test(file.hash);
  if (isHash && Number.isSafeInteger(file.size) && file.size >= 0) return file;
  throw new HubError(`the hub's answer about ${quoted(String(path))} cannot be used`, {
    file: where,
    found: `size ${quoted(String(file.size))}, hash ${quoted(String(file.hash))}`,
    expected: "a size and a hash",
  });
}

/** The hash that the hub would know a file on the disk by, of the same kind as `like`. */
export async function hashOf(path: string, { hash: like, size }: HubFile): Promise<string> {
  const isGit = GIT_SHA1.test(like);
  const hash = createHash(isGit ? "sha1" : "sha256");
  if (isGit) hash.update(`blob ${size}\0`);
  await pipeline(createReadStream(path), hash);
  return hash.digest("hex");
}
