import { homedir } from "node:os";
import { join } from "node:path";
import { HubError } from "../../errors";

const DEFAULT_ENDPOINT = "https://huggingface.co";

/** What Python's huggingface_hub takes for yes. */
const YES = ["1", "ON", "YES", "TRUE"];

/** Where the hub is, and what of it is on this machine. */
export interface HubSettings {
  /** The hub's address, without a slash at its end. */
  readonly endpoint: string;
  readonly token: string | undefined;
  /** The hub may not be asked. */
  readonly isOffline: boolean;
  /** The folder with `models--…`, which Python's huggingface_hub fills too. */
  readonly cacheFolder: string;
}

/**
 * Reads the environment variables of Python's huggingface_hub: `HF_ENDPOINT`, `HF_TOKEN`, `HF_HUB_OFFLINE` (or
 * `TRANSFORMERS_OFFLINE`), and for the cache `HF_HUB_CACHE`, else `HF_HOME`/hub, else `~/.cache/huggingface/hub`.
 *
 * @see https://huggingface.co/docs/huggingface_hub/package_reference/environment_variables
 * @throws HubError if `HF_ENDPOINT` is not a web address.
 */
export function hubSettings(env: NodeJS.ProcessEnv = process.env): HubSettings {
  const endpoint = (env.HF_ENDPOINT || DEFAULT_ENDPOINT).replace(/\/+$/, "");
  if (!URL.canParse(endpoint) || !/^https?:$/.test(new URL(endpoint).protocol)) {
    throw new HubError("HF_ENDPOINT is not a web address", {
      found: JSON.stringify(env.HF_ENDPOINT),
      expected: `an address such as ${DEFAULT_ENDPOINT}`,
    });
  }
  const offline = env.HF_HUB_OFFLINE || env.TRANSFORMERS_OFFLINE || "";
  return {
    endpoint,
    token: env.HF_TOKEN?.trim() || undefined,
    isOffline: YES.includes(offline.toUpperCase()),
    cacheFolder: cacheFolder(env),
  };
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
