import { cellText } from "../text/cell";
import { formatNumber } from "../text/format-number";
import { shownText } from "../text/shown-text";
import type { KeyNumber } from "./key-number";

/** One line of a result's numbers, as a reader sees it. */
export interface ShownNumber {
  readonly label: string;
  readonly value: string;
  readonly meaning: string;
}

/** What a result's file holds: any JSON, since it may come from anywhere. */
export type Content = Readonly<Record<string, unknown>>;

/** Numbers that are not about the head: where it is, and what is said elsewhere. */
const NOT_SHOWN = new Set(["target_layer", "target_neuron", "d_model", "random_baseline_mean"]);

/** A result of another tslens may have any keys; a reader wants no more of them than this. */
const MOST_OTHERS = 50;

/** The key numbers that a result has. */
export function shownNumbers(content: Content, keyNumbers: readonly KeyNumber[]): ShownNumber[] {
  return keyNumbers.flatMap((one): ShownNumber[] => {
    const { key, label, each } = one;
    if (each) return eachNumber(content, key, label, each);
    const value = found(content, key);
    // A number that every result of the kind has says so if it is null; what lies deeper may have no place in this one.
    if (key.includes(".") ? typeof value !== "number" : !Object.hasOwn(content, key)) return [];
    return [
      {
        label: filledIn(label, content),
        value: valueText(content, one),
        meaning: filledIn(meaningOf(content, one), content),
      },
    ];
  });
}

/** Numbers by name; one whose name is not known has no meaning that is. */
function eachNumber(
  content: Content,
  key: string,
  label: string,
  each: NonNullable<KeyNumber["each"]>,
): ShownNumber[] {
  const numbers = Object.entries(recordOf(found(content, key))).slice(0, MOST_OTHERS);
  return numbers.map(([name, value]) => {
    const known = Object.hasOwn(each, name) ? each[name] : undefined;
    return {
      label: known?.label ?? `${label} ${words(name)}`,
      value: formatNumber(numberOf(value)),
      meaning: known?.meaning ?? "",
    };
  });
}

function meaningOf(content: Content, { meaning, meaningBy }: KeyNumber): string {
  const by = meaningBy && found(content, meaningBy.key);
  return typeof by === "string" && Object.hasOwn(meaningBy!.of, by) ? meaningBy!.of[by]! : meaning;
}

/** Any other number among a result's own keys, so that a newer result hides nothing. */
export function otherNumbers(content: Content, keyNumbers: readonly KeyNumber[]): ShownNumber[] {
  const known = new Set(
    keyNumbers.flatMap(({ key, beside = {} }) => [key, ...Object.values(beside)]),
  );
  return Object.entries(content)
    .filter(([key, value]) => typeof value === "number" && !NOT_SHOWN.has(key) && !known.has(key))
    .slice(0, MOST_OTHERS)
    .map(([key, value]) => ({
      label: words(key),
      value: formatNumber(value as number),
      meaning: "",
    }));
}

/** A number; what is none is shown as one that does not exist. */
export function numberOf(value: unknown): number | null {
  return typeof value === "number" ? value : null;
}

function valueText(content: Content, { key, beside = {}, interval, of, to }: KeyNumber): string {
  const at = (path: string) => numberOf(found(content, path));
  if (to !== undefined) return `${formatNumber(at(key), 2)} to ${formatNumber(at(to), 2)}`;
  const value = formatNumber(at(key));
  if (of !== undefined) return `${value} of ${formatNumber(at(of))}`;
  const besides = Object.entries(beside)
    .filter(([, other]) => at(other) !== null)
    .map(([symbol, other]) =>
      symbol === "p" ? cellText({ p: at(other) }) : `${symbol} ${formatNumber(at(other))}`,
    );
  const [low, high] = interval ? [at(`${interval}.low`), at(`${interval}.high`)] : [null, null];
  return [
    value,
    besides.length > 0 ? ` (${besides.join(", ")})` : "",
    low === null || high === null ? "" : ` [${formatNumber(low)}, ${formatNumber(high)}]`,
  ].join("");
}

/** What stands at a path of keys, `evidence.all_points.slope` or `because.0`; undefined if nothing does. */
export function found(content: Content, path: string): unknown {
  return path
    .split(".")
    .reduce(
      (inside: unknown, key) =>
        isObject(inside) && Object.hasOwn(inside, key) ? inside[key] : undefined,
      content,
    );
}

function filledIn(meaning: string, content: Content): string {
  return meaning.replace(/\{([\w.]+)\}/g, (_, path: string) => {
    const value = found(content, path);
    return typeof value === "string" ? shownText(value) : formatNumber(numberOf(value));
  });
}

function isObject(value: unknown): value is Content {
  return typeof value === "object" && value !== null;
}

function recordOf(value: unknown): Content {
  return typeof value === "object" && value !== null && !Array.isArray(value)
    ? (value as Content)
    : {};
}

function words(key: string): string {
  return shownText(key).replaceAll("_", " ");
}
