import type { StudyJob } from "./job";

/** What a worker asks of the process that computes for it. */
export interface ComputeRequest {
  /** Jobs of one base model and of the same options, in this order. */
  readonly jobs: readonly StudyJob[];
}

/** What that process says, of jobs by their hashes. */
export type ComputeMessage =
  /** It can compute. */
  | { readonly kind: "ready" }
  /** It cannot, whatever the job. */
  | { readonly kind: "unable"; readonly reason: string }
  /** From now on, until they are done: the process that ends was killed by one of them. */
  | { readonly kind: "begun"; readonly jobs: readonly string[] }
  /** Its file is there. */
  | { readonly kind: "done"; readonly job: string }
  /** There will be no result. */
  | { readonly kind: "failed"; readonly job: string; readonly reason: string }
  /** Its files are not on this machine. */
  | {
      readonly kind: "not here";
      readonly job: string;
      readonly what: "base" | "head" | "texts" | "out";
      readonly reason: string;
    }
  /** The result cannot be written, and no other could be. */
  | { readonly kind: "unwritable"; readonly job: string; readonly reason: string }
  /** Nothing is left of the request. */
  | { readonly kind: "finished" };
