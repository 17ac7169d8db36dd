import { FigureError } from "../errors";

/** More are slow to draw; each was drawn to see. */
const MOST_SLIDERS = 4;
const MOST_STEPS = 200;
/** Values that one step puts into the traces. */
const MOST_PER_STEP = 2_000;

/** What a step may change of a trace: where its marks stand. */
const MAY_CHANGE = new Set(["x", "y"]);

type Json = Readonly<Record<string, unknown>>;

/**
 * Refuses sliders that do more than move marks: a step may put other numbers into the `x` and `y` of
 * traces that are there, and nothing else.
 *
 * @param sliders a layout's, of any kind
 * @param traces how many traces the figure has
 * @throws {FigureError} saying what there is too much of, or what a step does
 */
export function requireMovingSliders(sliders: unknown, traces: number): void {
  const list = listOf("sliders", sliders, MOST_SLIDERS);
  for (const slider of list) {
    if (slider.steps === undefined) continue;
    for (const step of listOf("steps of a slider", slider.steps, MOST_STEPS)) {
      if (step.method !== "skip") requireRestyle(step, traces);
    }
  }
}

function requireRestyle({ method, args, args2 }: Json, traces: number): void {
  if (method !== "restyle" || args2 !== undefined || !Array.isArray(args) || args.length !== 2) {
    throw unlike("a step of a slider", `method ${JSON.stringify(method)}`);
  }
  const [changes, places] = args as [unknown, unknown];
  if (typeof changes !== "object" || changes === null || Array.isArray(changes)) {
    throw unlike("a step of a slider", "no change");
  }
  const other = Object.keys(changes).find((key) => !MAY_CHANGE.has(key));
  if (other !== undefined) throw unlike("a step of a slider", `a change of ${other}`);
  const isPlace = (place: unknown) =>
    Number.isInteger(place) && (place as number) >= 0 && (place as number) < traces;
  if (!Array.isArray(places) || places.length > traces || !places.every(isPlace)) {
    throw unlike("a step of a slider", `traces ${JSON.stringify(places)?.slice(0, 60)}`);
  }
  let values = 0;
  for (const lists of Object.values(changes)) {
    if (!Array.isArray(lists) || lists.length !== places.length || !lists.every(isListOfNumbers)) {
      throw unlike("a step of a slider", "no list of numbers for each trace");
    }
    values += lists.reduce((sum, list) => sum + list.length, 0);
  }
  if (values > MOST_PER_STEP) {
    throw new FigureError("the figure is too much for this page", {
      found: `${values} values in a step of a slider`,
      expected: `at most ${MOST_PER_STEP}`,
    });
  }
}

function isListOfNumbers(list: unknown): list is number[] {
  return Array.isArray(list) && list.every((value) => value === null || Number.isFinite(value));
}

function listOf(what: string, value: unknown, most: number): readonly Json[] {
  const isList = Array.isArray(value) && value.every((one) => typeof one === "object" && one && !Array.isArray(one)); // biome-ignore format: a condition
  if (isList && value.length <= most) return value as Json[];
  throw new FigureError(`this page does not draw such ${what}`, {
    found: isList ? `${value.length} of them` : typeof value,
    expected: `a list of at most ${most} objects`,
  });
}

function unlike(what: string, found: string): FigureError {
  return new FigureError(`${what} is not one that this page draws`, {
    found,
    expected: `"restyle" with numbers for x and y of traces that are there`,
  });
}
