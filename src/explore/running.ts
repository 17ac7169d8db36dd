import { InterruptedError } from "../errors";
import { breathe, stoppable } from "../progress/interrupt";
import type { Progress } from "../progress/progress";
import type { Running } from "./explorer";

/**
 * Work that tells how far it is, as what comes of it: its progress as often as somebody asks, then its
 * result. It is stopped when nobody waits for it any more.
 *
 * @param what is being done, in a few words
 */
export async function* running<Result>(
  { what }: { readonly what: string },
  work: (progress: Progress) => Promise<Result>,
  signal?: AbortSignal,
): AsyncGenerator<Running<Result>> {
  const stop = new AbortController();
  const ends = AbortSignal.any(signal ? [signal, stop.signal] : [stop.signal]);
  const news = newsBoard();
  let latest: { done: number; total: number | null; what: string } = { done: 0, total: null, what };
  const update = (done: number, text = latest.what) => {
    latest = { ...latest, done, what: text };
    news.post();
  };
  const turn = async () => {
    await breathe();
    // A browser has nothing else that stops work.
    if (ends.aborted) throw new InterruptedError("stopped before it was done");
  };
  const expect = (of: number) => {
    latest = { ...latest, total: of > 0 ? of : null };
  };
  const progress: Progress = {
    expect,
    update,
    breathe: turn,
    report(done, of) {
      expect(of);
      update(done);
      return turn();
    },
    done() {},
  };
  let settled = false;
  const ending = stoppable(() => work(progress), ends).finally(() => {
    settled = true;
    news.post();
  });
  // Whoever left does not hear how it ended.
  ending.catch(() => undefined);
  try {
    yield latest;
    for (;;) {
      await news.next();
      if (settled) break;
      yield latest;
    }
    yield { result: await ending };
  } finally {
    stop.abort();
  }
}

/** Tells one who waits that something is new; much of it, once. */
function newsBoard() {
  let isNew = false;
  let wake = () => {};
  return {
    post() {
      isNew = true;
      wake();
    },
    async next() {
      if (!isNew) {
        await new Promise<void>((done) => {
          wake = done;
        });
      }
      isNew = false;
    },
  };
}
