/**
 * A number of a result that a reader wants to see first, as data: where it stands and what it says.
 * Keys inside of keys are written with points: `target.rank`. In a label and a meaning `{target.hook}` is
 * what stands there.
 */
export interface KeyNumber {
  readonly key: string;
  readonly label: string;
  /** What the number says, in a sentence. */
  readonly meaning: string;
  /** What it says instead, by what stands at a key. */
  readonly meaningBy?: { readonly key: string; readonly of: Readonly<Record<string, string>> };
  /** Numbers in brackets behind it, by symbol: `{ z: "z_score_input" }`; those called p are p-values. */
  readonly beside?: Readonly<Record<string, string>>;
  /** Where its interval stands. */
  readonly interval?: string;
  /** Of how many it is: `rank 3 of 128`. */
  readonly of?: string;
  /** Where its range ends: `−0.1 to 0.1`. */
  readonly to?: string;
  /** For a key that holds several numbers by name, each of which is one: how they are called and what they say. */
  readonly each?: Readonly<Record<string, Pick<KeyNumber, "label" | "meaning">>>;
  /** Its heading in the table of all heads, if it stands there and is said first of a head. */
  readonly overview?: string;
}
