import { type Asking, AWAY, type Explorer } from "../explorer";

/** An {@link Explorer} that a server answers for. */
export function httpExplorer(): Explorer {
  return {
    heads: (asking) => once("heads", {}, asking),
    open: (head, asking) => once("open", { head }, asking),
    run: (request, asking) => once("run", request, asking),
    patch: (request, asking) => once("patch", request, asking),
    doseResponse: (request, asking) => once("dose-response", request, asking),
    savedAudit: (head, asking) => once("saved-audit", { head }, asking),
    neuronsThatMatter: (request, asking) => inParts("neurons-that-matter", request, asking),
    causalMap: (request, asking) => inParts("causal-map", request, asking),
    audit: (head, asking) => inParts("audit", { head }, asking),
    topExamples: (head, asking) => inParts("top-examples", { head }, asking),
  };
}

async function once<Answer>(path: string, request: object, asking?: Asking): Promise<Answer> {
  const response = await ask(path, request, asking);
  return (await reading(() => response.json(), asking)) as Answer;
}

async function* inParts<Part>(
  path: string,
  request: object,
  asking?: Asking,
): AsyncGenerator<Part> {
  const response = await ask(path, request, asking);
  const reader = response.body!.pipeThrough(new TextDecoderStream()).getReader();
  try {
    let rest = "";
    for (;;) {
      const { value, done } = await reading(() => reader.read(), asking);
      const lines = (rest + (value ?? "")).split("\n");
      rest = lines.pop()!;
      for (const line of lines) {
        const part = JSON.parse(line) as Part | { readonly error: string };
        if (isError(part)) throw new Error(part.error);
        yield part;
      }
      if (done) return;
    }
  } finally {
    // Tells the server that nobody waits any more.
    await reader.cancel().catch(() => undefined);
  }
}

async function ask(path: string, request: object, asking?: Asking): Promise<Response> {
  const response = await reading(
    () =>
      fetch(`api/${path}`, {
        method: "POST",
        headers: { "content-type": "application/json" },
        body: JSON.stringify(request),
        signal: asking?.signal,
      }),
    asking,
  );
  if (response.ok) return response;
  const answer: unknown = await response.json().catch(() => null);
  const message = isError(answer) ? answer.error : `the server answers ${response.status}`;
  // It is another server by now, or the same one with other secrets.
  throw response.status === 403 ? away(message) : new Error(message);
}

/** A network's errors differ from browser to browser; all mean that there is no answer. */
async function reading<T>(work: () => Promise<T>, asking?: Asking): Promise<T> {
  try {
    return await work();
  } catch (error) {
    if (asking?.signal?.aborted) throw error;
    throw away("tslens does not answer. Is `tslens explore` still running?");
  }
}

function away(message: string): Error {
  const error = new Error(message);
  error.name = AWAY;
  return error;
}

function isError(answer: unknown): answer is { readonly error: string } {
  return typeof (answer as { error?: unknown } | null)?.error === "string";
}
