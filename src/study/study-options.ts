import type { Progress } from "../progress/progress";

/** How a study is made. */
export interface StudyOptions {
  /** The base model of all heads, instead of what each says. */
  readonly base?: string;
  /** Of a base model from the hub. */
  readonly revision?: string;
  /** A file of texts, as `readPrompts` takes it; 300 bundled held-out ones if not given. */
  readonly texts?: string;
  /** Put the beginning-of-sequence token before each text; off unless asked for. */
  readonly prependBos?: boolean;
  /** Seed of every random draw. Default: 0. */
  readonly seed?: number;
  /** The folder of results. Default: "results". */
  readonly out?: string;
  /** Processes that compute on this machine; as many as it has room for if not given. */
  readonly workers?: number;
  /** A PostgreSQL that workers on other machines share; an embedded one if not given. */
  readonly database?: string;
  /** A job whose worker has said nothing for so many seconds is given to another one. Default: 300. */
  readonly expireInSeconds?: number;
  /** Ends the study; what is done is kept. */
  readonly signal?: AbortSignal;
  /** Told what a reader should know, a line each. */
  readonly onNote?: (line: string) => void;
  /** Its own bar if not given; null for none. */
  readonly progress?: Progress | null;
}
