/**
 * An id, or the first of several. Where a text begins and ends does not enter a forward pass, so that what is no id in
 * the vocabulary (−1; 50256 of 300) only means that there is none.
 */
export function tokenId(value: unknown, vocabularySize: number): number | null {
  const ids: unknown[] = Array.isArray(value) ? value : [value];
  const isId = (id: unknown): id is number =>
    Number.isInteger(id) && (id as number) >= 0 && (id as number) < vocabularySize;
  return ids.find(isId) ?? null;
}
