/** A tuple as a name: of a layer and a head, of a layer, a position and a concept. */
const MOST_PARTS = 8;

/** No text in a tuple that names something is longer. */
const LONGEST_PART = 100;

/** No number that names something is larger; one of 255 bytes takes long to write. */
const LARGEST_NUMBER = 10n ** 25n;

/**
 * A dictionary's key as a name, as Python prints it but for a text: `0`, `None`, `(3, 'mlp')`.
 *
 * @returns `undefined` for what is neither a text, a number (of up to 25 digits), a truth value nor None, nor a short tuple of those.
 */
export function keyName(key: unknown): string | undefined {
  if (typeof key === "string") return key;
  if (!Array.isArray(key)) return scalarName(key);
  if (key.length > MOST_PARTS) return undefined;
  const parts = key.map((part) =>
    typeof part !== "string"
      ? scalarName(part)
      : part.length <= LONGEST_PART
        ? `'${part}'`
        : undefined,
  );
  if (parts.includes(undefined)) return undefined;
  return parts.length === 1 ? `(${parts[0]},)` : `(${parts.join(", ")})`;
}

function scalarName(value: unknown): string | undefined {
  if (value === null) return "None";
  if (typeof value === "boolean") return value ? "True" : "False";
  if (typeof value === "bigint" && (value > LARGEST_NUMBER || value < -LARGEST_NUMBER)) {
    return undefined;
  }
  return typeof value === "number" || typeof value === "bigint" ? String(value) : undefined;
}
