import { homedir } from "node:os";
import { join } from "node:path";
import { HubError } from "../../errors";
import { quoted } from "../quoted";

const DEFAULT_ENDPOINT = "https://huggingface.co";

/** A day, in seconds. */
const LONGEST_TIME = 86_400;

/** What Python's huggingface_hub takes for yes. */
const YES = ["1", "ON", "YES", "TRUE"];

/** Where the hub is, and what of it is on this machine. */
export interface HubSettings {
  /** The hub's address, without a slash at its end and without a name and password in it. */
  readonly endpoint: string;
  /** The Authorization header of every request to the hub. No message may hold it. */
  readonly authorization: string | undefined;
  /** The hub may not be asked. */
  readonly isOffline: boolean;
  /** Milliseconds until the hub must begin an answer. */
  readonly longestWait: number;
  /** Milliseconds in which something must come while it answers. */
  readonly longestSilence: number;
  /** The folder with `models--…`, which Python's huggingface_hub fills too. */
  readonly cacheFolder: string;
}

/**
 * Reads the environment variables of Python's huggingface_hub: `HF_ENDPOINT` (also with a name and password in it),
 * `HF_TOKEN`, `HF_HUB_OFFLINE` (or `TRANSFORMERS_OFFLINE`), `HF_HUB_ETAG_TIMEOUT` and `HF_HUB_DOWNLOAD_TIMEOUT`
 * (seconds), and for the cache `HF_HUB_CACHE`, else `HF_HOME`/hub, else `~/.cache/huggingface/hub`.
 *
 * @see https://huggingface.co/docs/huggingface_hub/package_reference/environment_variables
 * @throws HubError if `HF_ENDPOINT` is not a web address, `HF_TOKEN` could not be a token, or a time is no number.
 */
export function hubSettings(env: NodeJS.ProcessEnv = process.env): HubSettings {
  const { endpoint, credentials } = endpointOf(env.HF_ENDPOINT || DEFAULT_ENDPOINT);
  const token = tokenOf(env.HF_TOKEN);
  const offline = env.HF_HUB_OFFLINE || env.TRANSFORMERS_OFFLINE || "";
  return {
    endpoint,
    authorization: token ? `Bearer ${token}` : credentials,
    isOffline: YES.includes(offline.toUpperCase()),
    longestWait: 1000 * secondsIn(env, "HF_HUB_ETAG_TIMEOUT", 10),
    longestSilence: 1000 * secondsIn(env, "HF_HUB_DOWNLOAD_TIMEOUT", 30),
    cacheFolder: cacheFolder(env),
  };
}

/** What `HF_ENDPOINT` says is not shown: a password may stand in it. */
function endpointOf(text: string): { endpoint: string; credentials: string | undefined } {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  if (!url || !/^https?:$/.test(url.protocol) || url.search || url.hash) {
    throw new HubError("HF_ENDPOINT is not a web address", {
      expected: `an address such as ${DEFAULT_ENDPOINT}`,
    });
  }
  return {
    endpoint: (url.origin + url.pathname).replace(/\/+$/, ""),
    credentials: url.username || url.password ? basicAuthorization(url) : undefined,
  };
}

function basicAuthorization({ username, password }: URL): string {
  const plain = unescaped(`${username}:${password}`);
  return `Basic ${Buffer.from(plain).toString("base64")}`;
}

function unescaped(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}

function tokenOf(text = ""): string | undefined {
  const token = text.trim();
  // What cannot be sent, fetch would show in its error.
  if (/^[\x21-\x7e]*$/.test(token)) return token || undefined;
  throw new HubError("HF_TOKEN is not a token", {
    found: "white space or characters that are not ASCII in it",
    expected: "the token alone",
  });
}

function secondsIn(env: NodeJS.ProcessEnv, name: string, usual: number): number {
  const seconds = Number(env[name] || usual);
  if (seconds > 0 && seconds <= LONGEST_TIME) return seconds;
  throw new HubError(`${name} is not a time`, {
    found: quoted(env[name] ?? ""),
    expected: `seconds, at most ${LONGEST_TIME}`,
  });
}

function cacheFolder(env: NodeJS.ProcessEnv): string {
  const cache = env.HF_HUB_CACHE || env.HUGGINGFACE_HUB_CACHE;
  if (cache) return withHome(cache);
  const home = env.HF_HOME || join(env.XDG_CACHE_HOME || join(homedir(), ".cache"), "huggingface");
  return join(withHome(home), "hub");
}

function withHome(path: string): string {
  return path.replace(/^~(?=$|[\\/])/, homedir());
}
