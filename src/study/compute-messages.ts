import type { QueuedJob } from "./job-queue";

/** What a worker asks of the process that computes for it. */
export interface ComputeRequest {
  /** Jobs of one base model. */
  readonly jobs: readonly QueuedJob[];
}

/** What that process says, of jobs by the ids of their rows: of two studies, two may be alike but for where results go. */
export type ComputeMessage =
  /** It can compute. */
  | { readonly kind: "ready" }
  /** It cannot, whatever the job. */
  | { readonly kind: "unable"; readonly reason: string }
  /** From now on, until they are done: the process that ends was killed by one of them. */
  | { readonly kind: "begun"; readonly ids: readonly string[] }
  /** Its file is there. */
  | { readonly kind: "done"; readonly id: string }
  /** There will be no result. */
  | { readonly kind: "failed"; readonly id: string; readonly reason: string }
  /** Its files are not on this machine. */
  | {
      readonly kind: "not here";
      readonly id: string;
      readonly what: "base" | "head" | "texts" | "out";
      readonly reason: string;
    }
  /** The result cannot be written, and no other could be. */
  | { readonly kind: "unwritable"; readonly id: string; readonly reason: string }
  /** Nothing is left of the request. */
  | { readonly kind: "finished" };
