import type { HookPoint } from "../model/hook-points";
import type { HookedTransformer } from "../model/hooked-transformer";
import type { Progress } from "../progress/progress";
import type { CleanRun } from "./clean-run";
import type { ResolvedPatch } from "./place";
import type { Readout } from "./readout";

/** A number before and after a patch. */
export interface PatchedNumber {
  readonly clean: number;
  readonly patched: number;
}

/** What a call of `patch` has to do, and what of it is done. */
export interface PatchJob<R> {
  readonly model: HookedTransformer;
  readonly tokens: readonly (readonly number[])[];
  readonly variants: readonly (readonly ResolvedPatch[])[];
  readonly readout: Readout<R>;
  /** The readout's hooks. */
  readonly reads: readonly HookPoint[];
  readonly maxBytes: number;
  /** Some of the prompts, by number, with these activations. */
  cleanRun(numbers: readonly number[], hooks: readonly HookPoint[]): CleanRun;
  readonly progress: Progress;
  readonly signal: AbortSignal | undefined;
  /** `[prompt]` */
  readonly clean: R[];
  /** `[variant][prompt]` */
  readonly patched: R[][];
  /** `[variant][prompt]` */
  readonly activation: (PatchedNumber | null)[][];
  /** Patched runs that are done. */
  rowsDone: number;
}
