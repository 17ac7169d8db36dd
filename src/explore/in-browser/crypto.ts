/** What is used of Node's crypto in a worker. */
import { Writable } from "node:stream";
import { sha256 } from "@noble/hashes/sha2";
import { bytesToHex, randomBytes as random } from "@noble/hashes/utils";

export function randomBytes(count: number): Buffer {
  return Buffer.from(random(count));
}

export function createHash(name: string): Hash {
  if (name !== "sha256") throw new Error(`${name} is not known in a browser`);
  return new Hash();
}

/** SHA-256, also at the end of a pipeline. */
class Hash extends Writable {
  private readonly state = sha256.create();

  update(content: string | Uint8Array, encoding: BufferEncoding = "utf8"): this {
    this.state.update(typeof content === "string" ? Buffer.from(content, encoding) : content);
    return this;
  }

  digest(encoding: "hex"): string {
    if (encoding !== "hex") throw new Error(`${encoding} is not known in a browser`);
    return bytesToHex(this.state.digest());
  }

  override _write(chunk: Uint8Array, _encoding: string, done: () => void): void {
    this.update(chunk);
    done();
  }
}
