import { ModelConfigError } from "../../errors";
import { shown } from "../shown";
import type { Key, RawConfig } from "./family";

/** The complaint about a value of a config.json; whoever knows the file adds it. */
export function notUsable(key: string, value: unknown, expected: string): ModelConfigError {
  return new ModelConfigError(`"${key}" is not usable`, { found: shown(value), expected });
}

/** The first of some keys that has a value, with it. */
export function keyed(raw: RawConfig, key: Key): [key: string, value: unknown] {
  const keys = typeof key === "string" ? [key] : key;
  const present = keys.find((one) => raw[one] !== undefined && raw[one] !== null) ?? keys[0];
  return [present, raw[present]];
}

/** @throws ModelConfigError if it is not a whole number from `least` to `most`. */
export function wholeNumber(
  raw: RawConfig,
  key: Key,
  { least = 1, most = Number.MAX_SAFE_INTEGER } = {},
): number {
  const [name, value] = keyed(raw, key);
  const isUsable =
    Number.isSafeInteger(value) && (value as number) >= least && (value as number) <= most;
  if (isUsable) return value as number;
  const range = most === Number.MAX_SAFE_INTEGER ? `from ${least}` : `from ${least} to ${most}`;
  throw notUsable(name, value, `a whole number ${range}`);
}

/** @throws ModelConfigError if it is not a number above 0. */
export function positive(raw: RawConfig, key: string): number {
  const value = raw[key];
  if (Number.isFinite(value) && (value as number) > 0) return value as number;
  throw notUsable(key, value, "a number above 0");
}

/** @throws ModelConfigError if it is neither true nor false; null is false. */
export function flag(raw: RawConfig, key: string): boolean {
  const value = raw[key] ?? false;
  if (typeof value === "boolean") return value;
  throw notUsable(key, value, "true or false");
}
