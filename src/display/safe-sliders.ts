/** More are slow to draw; each was drawn to see. */
const MOST_SLIDERS = 4;
const MOST_STEPS = 200;
/** Values that one step puts into the traces. */
const MOST_PER_STEP = 2_000;

/** What a step may change of a trace: where its marks stand. */
const MAY_CHANGE = new Set(["x", "y"]);

type Json = Readonly<Record<string, unknown>>;

/**
 * The sliders of a layout that only move marks: each step puts other numbers into the `x` and `y` of traces
 * that are there, and does nothing else. Others are left out.
 *
 * @param sliders a layout's, of any kind
 * @param traces how many traces the figure has
 */
export function movingSliders(sliders: unknown, traces: number): Json[] {
  if (!Array.isArray(sliders)) return [];
  return sliders.filter((slider) => isMoving(slider, traces)).slice(0, MOST_SLIDERS);
}

function isMoving(slider: unknown, traces: number): slider is Json {
  if (!isRecord(slider) || !Array.isArray(slider.steps)) return false;
  const { steps } = slider;
  return steps.length <= MOST_STEPS && steps.every((step) => isMove(step, traces));
}

function isMove(step: unknown, traces: number): boolean {
  if (!isRecord(step) || step.method !== "restyle" || step.args2 !== undefined) return false;
  if (!Array.isArray(step.args) || step.args.length !== 2) return false;
  const [changes, places] = step.args as [unknown, unknown];
  const isPlace = (place: unknown) =>
    Number.isInteger(place) && (place as number) >= 0 && (place as number) < traces;
  if (!isRecord(changes) || !Array.isArray(places) || !places.every(isPlace)) return false;
  const lists = Object.values(changes);
  const isForEach = (list: unknown): list is number[][] =>
    Array.isArray(list) && list.length === places.length && list.every(isListOfNumbers);
  return (
    Object.keys(changes).every((key) => MAY_CHANGE.has(key)) &&
    lists.every(isForEach) &&
    lists.flat().reduce((sum, list) => sum + list.length, 0) <= MOST_PER_STEP
  );
}

function isListOfNumbers(list: unknown): list is number[] {
  return Array.isArray(list) && list.every((value) => value === null || Number.isFinite(value));
}

/** Whether it is an object of JSON. */
export function isRecord(value: unknown): value is Json {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
