import type { TestedClaim } from "../results/evidence-parts";
import { benjaminiHochberg } from "../stats/benjamini-hochberg";
import { holm } from "../stats/holm";

/** A test before it is read beside others. */
export type SingleTest = Omit<TestedClaim, "holm" | "benjamini_hochberg">;

/** Adjusts p-values over the tests of each family; the order stays. */
export function adjustedTests(tests: readonly SingleTest[]): TestedClaim[] {
  const adjusted: TestedClaim[] = [];
  for (const family of new Set(tests.map((test) => test.family))) {
    const places = [...tests.keys()].filter((i) => tests[i].family === family);
    const pValues = places.map((i) => tests[i].p_value);
    const [byHolm, byRate] = [holm(pValues), benjaminiHochberg(pValues)];
    places.forEach((place, i) => {
      adjusted[place] = { ...tests[place], holm: byHolm[i], benjamini_hochberg: byRate[i] };
    });
  }
  return adjusted;
}
