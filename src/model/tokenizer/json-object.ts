import { quoted } from "../../checkpoints/quoted";
import { ModelConfigError } from "../../errors";

/** An object of a tokenizer's file, whose values are checked as they are read. */
export class JsonObject {
  private readonly fields: Record<string, unknown>;

  /**
   * @param path where it stands in the file, such as `model.vocab`; empty for the whole file
   * @throws ModelConfigError, as every method, if the value is of another kind; it names file and place.
   */
  constructor(
    value: unknown,
    readonly file: string,
    private readonly path = "",
  ) {
    if (!isObject(value)) throw this.notUsable("", value, "an object");
    this.fields = value;
  }

  keys(): string[] {
    return Object.keys(this.fields);
  }

  /** The value as it is; null and what is not there are the same. */
  value(key: string): unknown {
    return Object.hasOwn(this.fields, key) ? (this.fields[key] ?? undefined) : undefined;
  }

  object(key: string): JsonObject {
    return new JsonObject(this.value(key), this.file, this.at(key));
  }

  /** A list of objects, of so many at most. */
  objects(key: string, most: number): JsonObject[] {
    const list = this.list(key);
    if (list.length > most) throw this.notUsable(key, list, `at most ${most}`);
    return list.map((item, i) => new JsonObject(item, this.file, `${this.at(key)}[${i}]`));
  }

  list(key: string): readonly unknown[] {
    const value = this.value(key);
    if (!Array.isArray(value)) throw this.notUsable(key, value, "a list");
    return value;
  }

  text(key: string, fallback?: string): string {
    const value = this.value(key) ?? fallback;
    if (typeof value !== "string") throw this.notUsable(key, value, "a text");
    return value;
  }

  /** A text that is one character. */
  character(key: string): string {
    const text = this.text(key);
    if ([...text].length !== 1) throw this.notUsable(key, text, "one character");
    return text;
  }

  flag(key: string, fallback?: boolean): boolean {
    const value = this.value(key) ?? fallback;
    if (typeof value !== "boolean") throw this.notUsable(key, value, "true or false");
    return value;
  }

  /** A whole number that is not negative. */
  count(key: string): number {
    const value = this.value(key);
    if (!isTokenId(value)) throw this.notUsable(key, value, "a whole number");
    return value;
  }

  choice<T extends string>(key: string, choices: readonly T[]): T {
    const value = this.value(key);
    if (!choices.includes(value as T)) {
      throw this.notUsable(
        key,
        value,
        `one of ${choices.map((choice) => `"${choice}"`).join(", ")}`,
      );
    }
    return value as T;
  }

  /** The error about one of its values, or about itself if the key is empty. */
  notUsable(key: string, found: unknown, expected: string): ModelConfigError {
    const place = this.at(key);
    return new ModelConfigError(`this tokenizer${place && `'s ${place}`} cannot be used`, {
      file: this.file,
      found: shortly(found),
      expected,
      remedy: "Give token ids, or download the tokenizer again.",
    });
  }

  private at(key: string): string {
    const name = /^\w{0,40}$/.test(key) ? key : quoted(key);
    return [this.path, name].filter(Boolean).join(".");
  }
}

/** Any JSON value, in a few words: a vocabulary has a million keys. */
function shortly(value: unknown): string {
  if (value === undefined || value === null) return "nothing";
  if (typeof value === "string") return quoted(value);
  if (Array.isArray(value)) return `a list of ${value.length}`;
  return isObject(value) ? "an object" : String(value);
}

export function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** tokenizers' ids have 32 bits. */
export function isTokenId(value: unknown): value is number {
  return Number.isInteger(value) && (value as number) >= 0 && (value as number) < 2 ** 32;
}
