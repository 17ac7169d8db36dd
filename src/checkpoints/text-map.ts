import { createHash } from "node:crypto";

/** V8 hashes longer texts by their length alone. */
const LONGEST_HASHED = 16_000;

/**
 * A Map by texts from a file, which nobody can make slow by choosing texts with one hash (40,000 such took 7 s).
 *
 * V8 hashes texts with a secret seed, but not those that look like integers (before Node 20.20.2, 22.22.2 and 24.14.1:
 * CVE-2026-21717), nor very long ones, nor numbers.
 */
export class TextMap<Value> {
  private readonly entries = new Map<string, [key: string, value: Value]>();

  constructor(entries: Iterable<readonly [string, Value]> = []) {
    for (const [key, value] of entries) this.set(key, value);
  }

  get size(): number {
    return this.entries.size;
  }

  /** A key that is there keeps its place. */
  set(key: string, value: Value): void {
    this.entries.set(seededKey(key), [key, value]);
  }

  get(key: string): Value | undefined {
    return this.entries.get(seededKey(key))?.[1];
  }

  has(key: string): boolean {
    return this.entries.has(seededKey(key));
  }

  [Symbol.iterator](): IterableIterator<[key: string, value: Value]> {
    return this.entries.values();
  }

  keys(): string[] {
    return Array.from(this.entries.values(), ([key]) => key);
  }

  values(): Value[] {
    return Array.from(this.entries.values(), ([, value]) => value);
  }
}

/** For a text another text, the same each time, that V8 hashes with its seed. */
export function seededKey(text: string): string {
  return text.length > LONGEST_HASHED
    ? createHash("sha256").update(text, "utf16le").digest("hex")
    : `.${text}`;
}
