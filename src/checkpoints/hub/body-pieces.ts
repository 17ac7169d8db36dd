import { setTimeout as wait } from "node:timers/promises";

/** A server that said that it would send and then does not. */
export class SilenceError extends Error {
  constructor(milliseconds: number) {
    super(`nothing came for ${milliseconds / 1000} s`);
  }
}

/**
 * The pieces of a body as they come. Who stops asking for more ends the transfer.
 *
 * @param longestSilence - Milliseconds.
 * @throws SilenceError if no piece comes for so long; the stream's own error if it breaks.
 */
export async function* bodyPieces(
  body: ReadableStream<Uint8Array>,
  longestSilence: number,
): AsyncGenerator<Uint8Array> {
  const reader = body.getReader();
  try {
    for (;;) {
      const { done, value } = await orSilence(reader.read(), longestSilence);
      if (done) return;
      yield value;
    }
  } finally {
    // Not waited for: a stream that says nothing may not say either that it has ended.
    reader.cancel().catch(() => {});
  }
}

async function orSilence<T>(read: Promise<T>, milliseconds: number): Promise<T> {
  const timer = new AbortController();
  const silence = wait(milliseconds, undefined, { signal: timer.signal }).then(() => {
    throw new SilenceError(milliseconds);
  });
  // Also rejects when the timer is no longer needed.
  silence.catch(() => {});
  try {
    return await Promise.race([read, silence]);
  } finally {
    timer.abort();
  }
}
