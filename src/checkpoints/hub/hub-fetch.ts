import { HubError } from "../../errors";
import type { HubSettings } from "./hub-settings";

/** How long the hub may take to answer. Python's huggingface_hub waits as long. */
const LONGEST_WAIT_MS = 10_000;

/** Web addresses of the hub's CDN carry a signature behind the path. */
const withoutQuery = (address: string) => address.replace(/[?#].*/s, "");

/**
 * `fetch` for requests to the hub, for use by `@huggingface/hub`: with the token, with a limit of time until the answer
 * begins, and with a HubError for everything that is not a success. A redirect to another host does not get the token.
 */
export function hubFetch({ endpoint, token }: HubSettings): typeof fetch {
  return async (input, init) => {
    const address = String(input instanceof Request ? input.url : input);
    const headers = new Headers(init?.headers);
    // The library takes only tokens that begin with hf_; mirrors have others.
    if (token) headers.set("Authorization", `Bearer ${token}`);
    // Lengths and positions are those of the file, not of a compressed stream.
    headers.set("Accept-Encoding", "identity");
    const controller = new AbortController();
    const timer = setTimeout(() => controller.abort(), LONGEST_WAIT_MS);
    let response: Response;
    try {
      response = await fetch(input, { ...init, headers, signal: controller.signal });
    } catch (cause) {
      throw new HubError("the hub cannot be reached", {
        file: endpoint,
        found: controller.signal.aborted
          ? `no answer within ${LONGEST_WAIT_MS / 1000} s`
          : networkProblem(cause),
        remedy: "Check the network and HF_ENDPOINT.",
        cause,
      });
    } finally {
      clearTimeout(timer);
    }
    if (response.ok) return response;
    await response.body?.cancel();
    throw refusal(response, withoutQuery(address), token !== undefined);
  };
}

/** `fetch failed` says nothing; what happened stands in its cause. */
function networkProblem(error: unknown): string {
  const { message, cause } = error as Error & { cause?: Error & { code?: string } };
  return cause?.code ?? cause?.message ?? message;
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
    const seconds = response.headers.get("Retry-After");
    return new HubError("the hub has had too many requests", {
      ...details,
      remedy: `Wait ${/^\d+$/.test(seconds ?? "") ? `${seconds} s` : "a few minutes"} and try again${hasToken ? "" : "; with HF_TOKEN more are allowed"}.`,
    });
  }
  return new HubError("the hub could not answer", { ...details, remedy: "Try again later." });
}
