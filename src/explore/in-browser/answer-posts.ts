import type { Asking, Explorer } from "../explorer";
import type { Answered, Asked } from "../posted";

/** A question that is being answered. */
interface Open {
  readonly stop: AbortController;
  /** Of an answer in parts. */
  parts?: AsyncIterator<unknown>;
}

/**
 * Answers what a page posts.
 *
 * @param explorer may still be on its way
 * @param post sends back
 * @returns takes what was posted
 */
export function answerPosts(
  explorer: Promise<Explorer>,
  post: (answer: Answered) => void,
): (asked: Asked) => void {
  const open = new Map<number, Open>();

  const send = async (id: number, of: Open, answer: Promise<Answered>) => {
    let answered: Answered;
    try {
      answered = await answer;
    } catch (error) {
      answered = { id, error: (error as Error).message };
    }
    // Whoever left does not hear.
    if (open.get(id) !== of) return;
    if (!of.parts || !("answer" in answered)) open.delete(id);
    post(answered);
  };
  const part = async (id: number, { parts }: Open): Promise<Answered> => {
    const { value, done } = await parts!.next();
    return done ? { id, end: true } : { id, answer: value };
  };

  return (asked) => {
    const { id } = asked;
    if ("ask" in asked) {
      const of: Open = { stop: new AbortController() };
      open.set(id, of);
      const first = async (): Promise<Answered> => {
        const ask = (await explorer)[asked.ask] as (...given: readonly unknown[]) => unknown;
        const asking: Asking = { signal: of.stop.signal };
        const answer = await ask(...asked.about, asking);
        if (!isInParts(answer)) return { id, answer };
        of.parts = answer[Symbol.asyncIterator]();
        return part(id, of);
      };
      void send(id, of, first());
      return;
    }
    const of = open.get(id);
    if (!of) return;
    if ("next" in asked) return void send(id, of, part(id, of));
    open.delete(id);
    of.stop.abort();
    void of.parts?.return?.().catch(() => undefined);
  };
}

function isInParts(answer: unknown): answer is AsyncIterable<unknown> {
  return typeof answer === "object" && answer !== null && Symbol.asyncIterator in answer;
}
