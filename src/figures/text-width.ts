/** Widths of characters in Open Sans at 13 px, in pixels, a little more than they are. */
const NARROW = /[ijlftIr.,:;'|!()[\]/\\ ]/;
const WIDE = /[mwMW@%—…]/;
/** Letters of East Asian scripts, and emoji. */
const DOUBLE =
  /[\u1100-\u115f\u2e80-\ua4cf\uac00-\ud7a3\uf900-\ufaff\ufe30-\ufe6f\uff00-\uff60]|\p{Extended_Pictographic}/u;
/** What is drawn on the letter before it. */
const NONE = /\p{Mark}|\p{Cf}/u;

/** About how wide a text is drawn, in pixels at 13 px. */
export function textWidth(text: string): number {
  return [...text].reduce((sum, character) => sum + characterWidth(character), 0);
}

function characterWidth(character: string): number {
  if (NONE.test(character)) return 0;
  if (DOUBLE.test(character)) return 15;
  if (WIDE.test(character)) return 12;
  if (NARROW.test(character)) return 4.6;
  return /\p{Lu}/u.test(character) ? 9 : 7.8;
}
