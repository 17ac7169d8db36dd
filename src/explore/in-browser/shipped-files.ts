import { mkdirSync, writeFileSync } from "node:fs";
import { TslensError } from "../../errors";

/** A file of a model, a head, or of texts that stands beside the page. */
export interface ShippedFile {
  /** Where tslens finds it, below its own folder. */
  readonly path: string;
  /** Where it is served, from the page. */
  readonly address: string;
  /** Bytes. */
  readonly size: number;
}

/** tslens's own folder, as the build names it too. */
export const FOLDER = "/tslens";

/**
 * Fetches files into the file system.
 *
 * @throws TslensError if one cannot be fetched, or is not what was put there.
 */
export async function fetchFiles(files: readonly ShippedFile[]): Promise<void> {
  await Promise.all(files.map(fetchFile));
}

async function fetchFile({ path, address, size }: ShippedFile): Promise<void> {
  const bytes = new Uint8Array(await fetched(address));
  if (bytes.length !== size) {
    throw new TslensError("a file of this page is not the one that was put there", {
      file: address,
      found: `${bytes.length} bytes`,
      expected: `${size} bytes`,
      remedy: "Load the page again, or put its whole folder there again.",
    });
  }
  const place = `${FOLDER}/${path}`;
  mkdirSync(place.slice(0, place.lastIndexOf("/")), { recursive: true });
  writeFileSync(place, bytes);
}

/** The list of them, which the build writes. */
export async function shippedFiles(): Promise<readonly ShippedFile[]> {
  return JSON.parse(new TextDecoder().decode(await fetched("files.json")));
}

async function fetched(address: string): Promise<ArrayBuffer> {
  try {
    const response = await fetch(new URL(address, base()));
    if (!response.ok) throw new Error(`the web host answers ${response.status}`);
    return await response.arrayBuffer();
  } catch (cause) {
    throw new TslensError("a file of this page could not be loaded", {
      file: address,
      found: (cause as Error).message,
      remedy: "Load the page again; else its folder is not whole there.",
      cause,
    });
  }
}

const base = (): string => (globalThis as unknown as { location: { href: string } }).location.href;
