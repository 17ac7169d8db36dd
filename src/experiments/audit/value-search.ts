/** By how much of the way from where it starts to a value the value may be missed. */
const CLOSE = 1e-3;

/** The share of that by which interpolations may differ for a value to be found without a look. */
const SURE = 0.1;

/** Nearer to the farthest value seen, as a share of the way between the samples beside it, nobody looks for a peak. */
const NEAR = 0.01;

/** How many times as far as the slope says is looked for a value. */
const FARTHEST = 64;

/** Samples on each side of a value that a polynomial goes through. */
const AROUND = 3;

/** With fewer samples around a value it is looked for, however they agree. */
const FEWEST_SAMPLES = 4;

/** How often is looked for one. */
const MOST_TRIES = 30;

/** Of the values of a text every so many are looked for first. */
const FIRST_EVERY = 4;

/** A step, and the number that was seen there. */
interface Sample {
  readonly step: number;
  readonly value: number;
}

/** A value that is looked for. */
interface Wanted {
  readonly value: number;
  /** How often it was looked for. */
  tries: number;
  /** The step; null where it is not found (yet). */
  found: number | null;
  isGivenUp: boolean;
}

/**
 * Looks for the steps at which a number that is a function of the step has certain values. What was seen in
 * the search for one of them serves the others: between two samples by inverse interpolation (Neville's
 * scheme), halved where that is slow; beyond them along the line through the last two. A value is found
 * where it was seen, or where samples are so dense that three interpolations give the same step.
 *
 * Each is the first crossing, from step 0 on, that the samples know of.
 */
export class ValueSearch {
  /** From step 0 on, in order: those on the way to larger values, and on the way to smaller ones. */
  private readonly up: Sample[];
  private readonly down: Sample[];
  private readonly wanted: readonly Wanted[];
  private isBegun = false;
  /**
   * Which values to look for next, by their places: a few at first, then one between each two samples, and
   * of those beyond all that was seen the farthest: what is seen serves the others. None: it is done.
   */
  pending: readonly number[] = [];

  /**
   * @param own the number at step 0
   * @param slope its derivative there, above 0; 0 where no step can change it
   */
  constructor(
    private readonly own: number,
    private readonly slope: number,
    values: readonly number[],
  ) {
    const start = { step: 0, value: own };
    [this.up, this.down] = [[start], [start]];
    this.wanted = values.map((value) => ({
      value,
      tries: 0,
      found: value === own ? 0 : null,
      isGivenUp: slope === 0,
    }));
    this.plan();
  }

  /** `[value]` the steps; null where the value was not reached. */
  found(): (number | null)[] {
    return this.wanted.map((wanted) => wanted.found);
  }

  /** Where to look next for a value that is pending. */
  next(place: number): number {
    const wanted = this.wanted[place];
    const after = this.firstPast(wanted.value);
    return after < 0 ? this.beyond(wanted.value) : this.between(wanted, after);
  }

  /** What was seen at the steps that `next` gave for some values. */
  saw(
    seen: readonly { readonly place: number; readonly step: number; readonly value: number }[],
  ): void {
    this.isBegun = true;
    for (const { place, step, value } of seen) {
      const wanted = this.wanted[place];
      wanted.tries++;
      if (Math.abs(value - wanted.value) <= this.toleranceOf(wanted.value)) wanted.found = step;
      (step > 0 ? this.up : this.down).push({ step, value });
    }
    this.up.sort((a, b) => a.step - b.step);
    this.down.sort((a, b) => b.step - a.step);
    for (const wanted of this.wanted) {
      if (isDone(wanted)) continue;
      wanted.found = this.interpolated(wanted.value);
      if (wanted.found !== null) continue;
      const way = this.wayTo(wanted.value);
      const reach = FARTHEST * Math.abs(this.firstGuess(wanted.value));
      const isFar = Math.abs(way[way.length - 1].step) >= reach;
      const isBeyond = this.firstPast(wanted.value) < 0;
      const isOut = isFar && isBeyond && this.peak(wanted.value) === null;
      if (isOut || wanted.tries >= MOST_TRIES) wanted.isGivenUp = true;
    }
    this.plan();
  }

  private plan(): void {
    const left = [...this.wanted.keys()].filter((place) => !isDone(this.wanted[place]));
    left.sort((a, b) => this.wanted[a].value - this.wanted[b].value);
    if (!this.isBegun) {
      this.pending = left.filter((_, i) => i % FIRST_EVERY === 0 || i === left.length - 1);
      return;
    }
    const gaps = new Map<string, number[]>();
    for (const place of left) {
      const { value } = this.wanted[place];
      const gap = `${value > this.own} ${this.firstPast(value)}`;
      gaps.set(gap, [...(gaps.get(gap) ?? []), place]);
    }
    this.pending = [...gaps.values()].flatMap((places) => {
      const { value } = this.wanted[places[0]];
      if (this.firstPast(value) >= 0) return [places[Math.floor(places.length / 2)]];
      const outwards = value > this.own ? places : [...places].reverse();
      const [nearest, farthest] = [outwards[0], outwards[outwards.length - 1]];
      const isAtPeak = this.peak(this.wanted[nearest].value) !== null;
      return isAtPeak && nearest !== farthest ? [nearest, farthest] : [farthest];
    });
  }

  private toleranceOf(value: number): number {
    return CLOSE * Math.abs(value - this.own);
  }

  private wayTo(value: number): readonly Sample[] {
    return value > this.own ? this.up : this.down;
  }

  /** Place on the way to a value of the first sample that lies past it; −1 if there is none. */
  private firstPast(value: number): number {
    const sign = Math.sign(this.own - value);
    return this.wayTo(value).findIndex((sample) => (sample.value - value) * sign <= 0);
  }

  /**
   * The step between samples so near to each other that the polynomial through those around it and the two
   * that leave out one at an end agree; null where they do not.
   */
  private interpolated(value: number): number | null {
    const first = this.firstPast(value);
    if (first < 0) return null;
    const [way, back] = value > this.own ? [this.up, this.down] : [this.down, this.up];
    const whole = [...back.slice(1, AROUND).reverse(), ...way];
    const after = whole.length - way.length + first;
    const around = whole.slice(Math.max(after - AROUND, 0), after + AROUND);
    if (around.length < FEWEST_SAMPLES || !isMonotone(around)) return null;
    const step = this.inverse(around, value);
    const [a, b] = [whole[after - 1], whole[after]];
    if (!isInside(step, a.step, b.step)) return null;
    const others = [around.slice(1), around.slice(0, -1)].map((some) => this.inverse(some, value));
    const off = Math.max(...others.map((other) => Math.abs((step - other) * slopeOf(a, b))));
    return off <= SURE * this.toleranceOf(value) ? step : null;
  }

  private between(wanted: Wanted, after: number): number {
    const way = this.wayTo(wanted.value);
    const [a, b] = [way[after - 1], way[after]];
    const half = (a.step + b.step) / 2;
    if (wanted.tries > 3 && wanted.tries % 2 === 0) return half;
    const neighbours = way.slice(Math.max(after - AROUND, 0), after + AROUND);
    const guess = isMonotone(neighbours) ? this.inverse(neighbours, wanted.value) : Number.NaN;
    if (isInside(guess, a.step, b.step)) return guess;
    const line = along(wanted.value, a, slopeOf(a, b));
    return isInside(line, a.step, b.step) ? line : half;
  }

  /** The step at a value, by the polynomial through samples as a function of their values. */
  private inverse(samples: readonly Sample[], value: number): number {
    // The slope is known at the start: it counts twice.
    const nodes = samples.flatMap((sample) => (sample.step === 0 ? [sample, sample] : [sample]));
    const steps = nodes.map(({ step }) => step);
    for (let width = 1; width < nodes.length; width++) {
      for (let i = 0; i + width < nodes.length; i++) {
        const [from, to] = [nodes[i].value, nodes[i + width].value];
        steps[i] =
          from === to
            ? steps[i] + (value - from) / this.slope
            : ((value - from) * steps[i + 1] - (value - to) * steps[i]) / (to - from);
      }
    }
    return steps[0];
  }

  /**
   * Where the number may turn back beyond a value that no sample is past: the vertex of the parabola through
   * the farthest value that was seen and its neighbours. Null if it does not reach the value.
   */
  private peak(value: number): number | null {
    const sign = Math.sign(value - this.own);
    const way = this.wayTo(value);
    const heights = way.map((sample) => sign * (sample.value - this.own));
    const top = heights.indexOf(Math.max(...heights));
    if (top === way.length - 1) return null;
    // At the start its slope stands for a sample before it.
    const from = top === 0 ? 0 : way[top].step - way[top - 1].step;
    const to = way[top + 1].step - way[top].step;
    const behind = top === 0 ? sign * this.slope : (heights[top] - heights[top - 1]) / from;
    const ahead = (heights[top + 1] - heights[top]) / to;
    const bend = (ahead - behind) / (to + from);
    const slope = behind + bend * from;
    const off = -slope / (2 * bend);
    const reached = heights[top] + (slope * off) / 2;
    const isNew = Math.abs(off) > NEAR * Math.abs(to + from);
    return isNew && Number.isFinite(off) && reached >= sign * (value - this.own)
      ? way[top].step + off
      : null;
  }

  /** Beyond the farthest sample: along the last line if that is near, else twice as far: farther, and it might jump over the first crossing. */
  private beyond(value: number): number {
    const peak = this.peak(value);
    if (peak !== null) return peak;
    const first = this.firstGuess(value);
    const way = this.wayTo(value);
    if (way.length === 1) return first;
    const [before, last] = way.slice(-2);
    const line = along(value, last, slopeOf(before, last)) / last.step;
    if (line > 1 && line < 2) return Math.max(line, 1.05) * last.step;
    return 2 * (Math.abs(first) > Math.abs(last.step) ? first : last.step);
  }

  private firstGuess(value: number): number {
    return along(value, { step: 0, value: this.own }, this.slope);
  }
}

function isDone({ found, isGivenUp }: Wanted): boolean {
  return found !== null || isGivenUp;
}

function isMonotone(samples: readonly Sample[]): boolean {
  const rising = Math.sign(samples[1].value - samples[0].value);
  return samples.every(({ value }, i) => i === 0 || (value - samples[i - 1].value) * rising > 0);
}

function along(value: number, from: Sample, slope: number): number {
  return from.step + (value - from.value) / slope;
}

function slopeOf(a: Sample, b: Sample): number {
  return (b.value - a.value) / (b.step - a.step);
}

function isInside(step: number, a: number, b: number): boolean {
  return step > Math.min(a, b) && step < Math.max(a, b);
}
