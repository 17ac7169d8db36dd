/** What is used of Node's zlib in a worker. */
import crc from "buffer-crc32";

export function crc32(bytes: Uint8Array, before = 0): number {
  return crc.unsigned(Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength), before);
}

/** Unpacks by the browser itself. */
export function gunzip(
  bytes: Uint8Array<ArrayBuffer>,
  _options: object,
  done: (error: unknown, unpacked?: Buffer) => void,
): void {
  const unpacked = new Blob([bytes]).stream().pipeThrough(new DecompressionStream("gzip"));
  new Response(unpacked as unknown as ReadableStream).arrayBuffer().then(
    (content) => done(null, Buffer.from(content)),
    (error: unknown) => done(error),
  );
}
