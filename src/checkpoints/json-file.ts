import { type ErrorDetails, TslensError } from "../errors";
import { BinaryFile } from "./binary-file";
import { scanJson } from "./json-scan";

/** What a JSON file may have. */
export interface JsonLimits {
  readonly bytes: number;
  /** Objects and lists. */
  readonly containers: number;
}

/**
 * A config.json is a few kilobytes, the index of the largest models a few hundred: more is no such file. It has a dozen
 * objects and lists.
 */
const CONFIG_LIMITS: JsonLimits = { bytes: 20_000_000, containers: 100_000 };

/** A config.json has two or three levels. */
const DEEPEST_JSON = 64;

type ErrorClass = new (what: string, details?: ErrorDetails) => TslensError;

/**
 * Reads a JSON file.
 *
 * @param path - The file.
 * @param ErrorType - The error to throw, so that a head's file is a head's error.
 * @param limits - Of a configuration, if not given.
 * @throws `ErrorType` if the file cannot be read, is implausibly large or is not JSON.
 */
export function readJsonFile(path: string, ErrorType: ErrorClass, limits = CONFIG_LIMITS): unknown {
  const text = readTextFile(path, ErrorType, limits.bytes);
  const { depth, containers, memory, mostMemory } = scanJson(text);
  if (depth > DEEPEST_JSON || containers > limits.containers) {
    throw new ErrorType("the file is nested too deeply or has too many objects and lists", {
      file: path,
      found: `${depth} levels, ${containers} objects and lists`,
      expected: `at most ${DEEPEST_JSON} and ${limits.containers}`,
    });
  }
  if (memory > mostMemory) {
    throw new ErrorType("the file has too many values for its size", {
      file: path,
      found: `about ${memory} bytes of memory`,
      expected: `at most ${mostMemory}`,
    });
  }
  try {
    return JSON.parse(text);
  } catch (cause) {
    const hasNan = /\b(NaN|Infinity)\b/.test(text);
    throw new ErrorType("the file is not JSON", {
      file: path,
      found: oneLine((cause as Error).message),
      remedy: hasNan
        ? "Replace NaN and Infinity by null: JSON has no such numbers."
        : "Copy or download it again.",
      cause,
    });
  }
}

/**
 * Reads a text file (UTF-8).
 *
 * @throws `ErrorType` if the file cannot be read or has more than `largest` bytes.
 */
export function readTextFile(path: string, ErrorType: ErrorClass, largest: number): string {
  try {
    const file = new BinaryFile(path);
    try {
      if (file.size > largest) {
        throw new ErrorType("the file is too large", {
          file: path,
          found: `${file.size} bytes`,
          expected: `at most ${largest}`,
        });
      }
      return new TextDecoder().decode(file.readBytes(0, file.size, "the text"));
    } finally {
      file.close();
    }
  } catch (error) {
    if (error instanceof ErrorType || !(error instanceof TslensError)) throw error;
    throw new ErrorType(error.message.replace(`${path}: `, ""), { file: path, cause: error });
  }
}

/** Node's message quotes the text around the mistake, with its line breaks. */
function oneLine(message: string): string {
  return message.replace(/[\p{Cc}\s]+/gu, " ").trim();
}
