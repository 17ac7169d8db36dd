import { setTimeout as wait } from "node:timers/promises";
import { HubError } from "../../errors";
import { scanJson } from "../json-scan";
import { bodyPieces, SilenceError } from "./body-pieces";
import type { HubSettings } from "./hub-settings";

/** A request that the hub could not answer now is made again so often. */
const MOST_ATTEMPTS = 4;
const FIRST_PAUSE_MS = 500;

/** A hub that asks for a longer pause is not waited for. */
const LONGEST_PAUSE_MS = 20_000;

/** What the hub says of a model with 100,000 files has 6 MB. */
const LARGEST_ANSWER = 10_000_000;
const LONGEST_ANSWER_MS = 60_000;
const DEEPEST_ANSWER = 64;

/** Web addresses of the hub's CDN carry a signature behind the path. */
const withoutQuery = (address: string) => address.replace(/[?#].*/s, "");

/**
 * `fetch` for files from the hub, for use by `@huggingface/hub`: with the token, with a limit of time until the answer
 * begins, with further attempts while the hub is too busy, and with a HubError for everything that is not a success. A
 * redirect to another host does not get the token. How much comes, and when, is for the caller to watch.
 */
export function hubFetch(settings: HubSettings): typeof fetch {
  return async (input, init) => {
    const address = String(input instanceof Request ? input.url : input);
    for (let attempt = 1; ; attempt++) {
      const response = await request(settings, input, init);
      if (response.ok) return response;
      await response.body?.cancel();
      const pause = pauseAfter(response, attempt);
      if (pause === undefined || attempt === MOST_ATTEMPTS) {
        throw refusal(response, withoutQuery(address), settings.authorization !== undefined);
      }
      await wait(pause);
    }
  };
}

/** The same for questions about a model, whose answers are short JSON. */
export function hubAnswer(settings: HubSettings): typeof fetch {
  const ask = hubFetch(settings);
  return async (input, init) => {
    const { body, status, headers } = await ask(input, init);
    const address = withoutQuery(String(input instanceof Request ? input.url : input));
    const answer = body ? await answerText(body, address, settings.longestSilence) : "";
    const text = withoutSecret(answer, settings);
    const { depth, memory, mostMemory } = scanJson(text);
    if (depth > DEEPEST_ANSWER || memory > mostMemory) throw tooLarge(address, text.length);
    return new Response(text, { status, headers });
  };
}

/** An answer can repeat the request, and a message quotes the answer. */
function withoutSecret(text: string, { authorization }: HubSettings): string {
  const secret = authorization?.replace(/^\w+ /, "");
  return secret ? text.replaceAll(secret, "…") : text;
}

async function answerText(
  body: ReadableStream<Uint8Array>,
  file: string,
  longestSilence: number,
): Promise<string> {
  const pieces: Uint8Array[] = [];
  const start = performance.now();
  let size = 0;
  try {
    for await (const piece of bodyPieces(body, longestSilence)) {
      size += piece.length;
      if (size > LARGEST_ANSWER) throw tooLarge(file, size);
      if (performance.now() - start > LONGEST_ANSWER_MS) throw new SilenceError(LONGEST_ANSWER_MS);
      pieces.push(piece);
    }
  } catch (cause) {
    if (cause instanceof HubError) throw cause;
    throw new HubError("the hub's answer did not come to its end", {
      file,
      found: cause instanceof SilenceError ? cause.message : networkProblem(cause),
      remedy: "Try again, or check the network and HF_ENDPOINT.",
      cause,
    });
  }
  return Buffer.concat(pieces).toString();
}

function tooLarge(file: string, size: number): HubError {
  return new HubError("the hub's answer is too large or nested too deeply", {
    file,
    found: `${size} bytes and more`,
    expected: `at most ${LARGEST_ANSWER} bytes and ${DEEPEST_ANSWER} levels`,
    remedy: "Check HF_ENDPOINT.",
  });
}

async function request(
  { endpoint, authorization, longestWait }: HubSettings,
  ...[input, init]: Parameters<typeof fetch>
): Promise<Response> {
  const headers = new Headers(init?.headers);
  // The library takes only tokens that begin with hf_; mirrors have others.
  if (authorization) headers.set("Authorization", authorization);
  // Lengths and positions are those of the file, not of a compressed stream.
  headers.set("Accept-Encoding", "identity");
  const controller = new AbortController();
  const timer = setTimeout(() => controller.abort(), longestWait);
  try {
    return await fetch(input, { ...init, headers, signal: controller.signal });
  } catch (cause) {
    throw new HubError("the hub cannot be reached", {
      file: endpoint,
      found: controller.signal.aborted
        ? `no answer within ${longestWait / 1000} s`
        : networkProblem(cause),
      remedy: "Check the network and HF_ENDPOINT.",
      cause,
    });
  } finally {
    clearTimeout(timer);
  }
}

/** `fetch failed` says nothing; what happened stands in its cause. */
function networkProblem(error: unknown): string {
  const { message, cause } = error as Error & { cause?: Error & { code?: string } };
  return cause?.code ?? cause?.message ?? message;
}

/** Milliseconds until it is worth while to ask again, if it is. */
function pauseAfter({ status, headers }: Response, attempt: number): number | undefined {
  if (status !== 429 && status < 500) return undefined;
  const announced = secondsToWait(headers);
  if (announced === undefined) return FIRST_PAUSE_MS * 2 ** (attempt - 1);
  return 1000 * announced <= LONGEST_PAUSE_MS ? 1000 * announced : undefined;
}

/** `Retry-After` is a number of seconds or a date. */
function secondsToWait(headers: Headers): number | undefined {
  const text = headers.get("Retry-After") ?? "";
  if (/^\d{1,9}$/.test(text)) return Number(text);
  const date = Date.parse(text);
  return Number.isNaN(date) ? undefined : Math.max(0, Math.ceil((date - Date.now()) / 1000));
}

function refusal(response: Response, file: string, hasToken: boolean): HubError {
  const { status } = response;
  const code = response.headers.get("X-Error-Code");
  const details = { file, found: `HTTP status ${status}`, status };
  const tokenRemedy = hasToken
    ? "Check that HF_TOKEN is valid and may read it."
    : "If it is private, set HF_TOKEN.";
  if (code === "GatedRepo" || (code === null && status === 403)) {
    return new HubError("the hub gives this model only to those who were granted access", {
      ...details,
      remedy: `Ask for access on the model's page, and set HF_TOKEN to a token that has it.`,
    });
  }
  if (code === "RevisionNotFound") {
    return new HubError("the hub's model has no such revision", {
      ...details,
      remedy: "Give a branch, a tag or a whole commit of it.",
    });
  }
  // To those without a token the hub says 401 of models that do not exist.
  if (status === 404 || code === "RepoNotFound") {
    return new HubError("the hub has no such model or file", {
      ...details,
      remedy: `Check the name. ${tokenRemedy}`,
    });
  }
  if (status === 401) {
    return new HubError("the hub does not let us in", {
      ...details,
      remedy: `Check the name. ${tokenRemedy}`,
    });
  }
  if (status === 429) {
    const seconds = secondsToWait(response.headers);
    return new HubError("the hub has had too many requests", {
      ...details,
      remedy: `Wait ${seconds === undefined ? "a few minutes" : `${seconds} s`} and try again${hasToken ? "" : "; with HF_TOKEN more are allowed"}.`,
    });
  }
  return new HubError("the hub could not answer", { ...details, remedy: "Try again later." });
}
