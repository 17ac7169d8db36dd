import type { Asking, Explorer } from "../explorer";
import type { Answered, Question } from "../posted";

/** An {@link Explorer} that a worker answers for. */
export function workerExplorer(address: string | URL): Explorer {
  const worker = new Worker(address, { name: "tslens" });
  const waiting = new Map<number, (answer: Answered) => void>();
  let latest = 0;
  let isHeard = false;
  /** Why there will be no answer. */
  let silent: string | null = null;

  worker.onmessage = ({ data }: MessageEvent<Answered>) => {
    isHeard = true;
    waiting.get(data.id)?.(data);
  };
  worker.onerror = (event) => {
    event.preventDefault();
    const why = event.message ?? "its files are not all there";
    const error = `the model cannot be run in this page (${why}): load the page again`;
    if (!isHeard) silent = error;
    for (const [id, wake] of waiting) wake({ id, error });
  };

  /** Posts something, and waits for what is posted back. */
  const answer = (id: number, message: object, { signal }: Asking): Promise<Answered> =>
    new Promise((done, failed) => {
      const left = () => {
        waiting.delete(id);
        worker.postMessage({ id, leave: true });
        failed(signal!.reason);
      };
      if (signal?.aborted) return left();
      signal?.addEventListener("abort", left);
      const settle = (answered: Answered) => {
        waiting.delete(id);
        signal?.removeEventListener("abort", left);
        if ("error" in answered) failed(new Error(answered.error));
        else done(answered);
      };
      if (silent !== null) return settle({ id, error: silent });
      waiting.set(id, settle);
      worker.postMessage({ id, ...message });
    });

  const once = async <Answer>(
    ask: Question,
    about: readonly unknown[],
    asking: Asking = {},
  ): Promise<Answer> => {
    const answered = await answer(latest++, { ask, about }, asking);
    return (answered as { readonly answer: Answer }).answer;
  };
  async function* inParts<Part>(
    ask: Question,
    about: readonly unknown[],
    asking: Asking = {},
  ): AsyncGenerator<Part> {
    const id = latest++;
    try {
      for (let message: object = { ask, about }; ; message = { next: true }) {
        const part = await answer(id, message, asking);
        if (!("answer" in part)) return;
        yield part.answer as Part;
      }
    } finally {
      worker.postMessage({ id, leave: true });
    }
  }

  return {
    heads: (asking) => once("heads", [], asking),
    open: (head, asking) => once("open", [head], asking),
    run: (request, asking) => once("run", [request], asking),
    patch: (request, asking) => once("patch", [request], asking),
    doseResponse: (request, asking) => once("doseResponse", [request], asking),
    savedAudit: (head, asking) => once("savedAudit", [head], asking),
    neuronsThatMatter: (request, asking) => inParts("neuronsThatMatter", [request], asking),
    causalMap: (request, asking) => inParts("causalMap", [request], asking),
    audit: (head, asking) => inParts("audit", [head], asking),
    topExamples: (head, asking) => inParts("topExamples", [head], asking),
  };
}
