/** GPT-2's printable stand-in for each of the 256 bytes: itself, or the next character from U+0100. */
export const BYTE_ALPHABET: readonly string[] = (() => {
  const isPrintable = (byte: number) =>
    (byte >= 33 && byte <= 126) || (byte >= 161 && byte <= 172) || (byte >= 174 && byte <= 255);
  let next = 256;
  return Array.from({ length: 256 }, (_, byte) =>
    String.fromCharCode(isPrintable(byte) ? byte : next++),
  );
})();

const BYTE_OF = new Map(BYTE_ALPHABET.map((character, byte) => [character, byte]));

const encoder = new TextEncoder();

/** A text's UTF-8 bytes, each as its stand-in. */
export function bytesAsText(text: string): string {
  let out = "";
  for (const byte of encoder.encode(text)) out += BYTE_ALPHABET[byte];
  return out;
}

/** The bytes that a token stands for; those of the token itself if a character is none of the alphabet. */
export function bytesOfToken(token: string): Uint8Array {
  const bytes = Array.from(token, (character) => BYTE_OF.get(character));
  return bytes.includes(undefined) ? encoder.encode(token) : Uint8Array.from(bytes as number[]);
}
