/** What an error can say beside its first sentence. */
export interface ErrorDetails {
  /** The file or folder that the error is about. */
  readonly file?: string;
  /** What was there. */
  readonly found?: string;
  /** What should have been there. */
  readonly expected?: string;
  /** What the reader can do about it. */
  readonly remedy?: string;
  /** The error underneath, if another library threw one. */
  readonly cause?: unknown;
}

/**
 * Base of every error that tslens throws on purpose.
 *
 * The message is one line: `file: what; found …, expected …. Remedy.`
 */
export class TslensError extends Error {
  /** The first sentence alone. */
  readonly what: string;
  readonly file: string | undefined;
  readonly found: string | undefined;
  readonly expected: string | undefined;
  readonly remedy: string | undefined;

  constructor(what: string, details: ErrorDetails = {}) {
    super(
      oneLine(what, details),
      details.cause === undefined ? undefined : { cause: details.cause },
    );
    this.name = new.target.name;
    this.what = what;
    this.file = details.file;
    this.found = details.found;
    this.expected = details.expected;
    this.remedy = details.remedy;
  }

  /** What Node and a notebook print: the one line. The stack is in `stack`. */
  [Symbol.for("nodejs.util.inspect.custom")](): string {
    return `${this.name}: ${this.message}`;
  }
}

/** A tensor file cannot be read, is not what it says it is, or asks for something that is refused. */
export class CheckpointError extends TslensError {}

/** The Hugging Face hub, or its cache on this machine, did not give what was asked for. */
export class HubError extends TslensError {
  /** The HTTP status, if the hub answered with one that is not a success. */
  readonly status: number | undefined;

  constructor(what: string, details: ErrorDetails & { readonly status?: number } = {}) {
    super(what, details);
    this.status = details.status;
  }
}

/** A base model's folder or configuration is unusable, or names something that is not supported. */
export class ModelConfigError extends TslensError {}

/** A trained head's configuration or weights contradict themselves or the base model. */
export class HeadConfigError extends TslensError {}

/** The stop button of a notebook ended the work, or Ctrl-C. */
export class InterruptedError extends TslensError {}

/** An argument (tokens, a prompt, a hook name, a patch, a number) is out of range or of the wrong kind. */
export class InputError extends TslensError {}

/** The tensor engine cannot be loaded. */
export class EngineError extends TslensError {}

/** The database of a study is away, refuses, or is of another version. */
export class DatabaseError extends TslensError {}

/** A figure has data that cannot be drawn, or cannot be written. */
export class FigureError extends TslensError {}

/** A result is not what its schema says, or cannot be written. */
export class ResultError extends TslensError {}

/** Whoever shows a value of a file cuts it; this is for where that was forgotten. */
const LONGEST_PART = 2_000;

function oneLine(what: string, { file, found, expected, remedy }: ErrorDetails): string {
  const facts = [found && `found ${cut(found)}`, expected && `expected ${cut(expected)}`]
    .filter(Boolean)
    .join(", ");
  const sentence = [file && `${file}: `, cut(what), facts && `; ${facts}`].filter(Boolean).join("");
  const message = remedy ? `${sentence.replace(/\.$/, "")}. ${remedy}` : sentence;
  return message.replace(/[\p{Cc}\u2028\u2029]+/gu, " ");
}

function cut(text: string): string {
  return text.length > LONGEST_PART ? `${text.slice(0, LONGEST_PART)}…` : text;
}
