/**
 * A number of a result that a reader wants to see first, as data: where it stands and what it says.
 * Keys inside of keys are written with points: `target.rank`.
 */
export interface KeyNumber {
  readonly key: string;
  readonly label: string;
  /** What the number says, in a sentence; `{target.hook}` is what stands there. */
  readonly meaning: string;
  /** Numbers in brackets behind it, by symbol: `{ z: "z_score_input" }`. */
  readonly beside?: Readonly<Record<string, string>>;
  /** Where its interval stands. */
  readonly interval?: string;
  /** Of how many it is: `rank 3 of 128`. */
  readonly of?: string;
  /** Where its range ends: `−0.1 to 0.1`. */
  readonly to?: string;
  /** Whether the key holds several numbers by name, each of which is one. */
  readonly isEach?: boolean;
  /** Its heading in the table of all heads, if it stands there. */
  readonly overview?: string;
}
