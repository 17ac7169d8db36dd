/** Which stream to draw from: the seed and the stream's name. */
export interface StreamChoice {
  readonly seed: number;
  readonly name: string;
}

/** Hands out a stream for each purpose and remembers their names. */
export interface RandomStreams {
  /** The stream of that name. */
  (name: string): StreamChoice;
  /** The names so far, in alphabetical order. */
  names(): string[];
}

/** Streams of one seed: independent of one another by their names. */
export function randomStreams(seed: number): RandomStreams {
  const names = new Set<string>();
  const choose = (name: string) => {
    names.add(name);
    return { seed, name };
  };
  return Object.assign(choose, { names: () => [...names].sort() });
}
