import type { Explorer } from "./explorer";

/** A question of an {@link Explorer} by its name. */
export type Question = keyof Explorer;

/** What a page posts to what answers it. Parts of an answer are asked for one by one. */
export type Asked =
  | { readonly id: number; readonly ask: Question; readonly about: readonly unknown[] }
  | { readonly id: number; readonly next: true }
  /** Nobody waits any more. */
  | { readonly id: number; readonly leave: true };

/** What is posted back: an answer, or a part of one; the end of the parts; why there is none. */
export type Answered =
  | { readonly id: number; readonly answer: unknown }
  | { readonly id: number; readonly end: true }
  | { readonly id: number; readonly error: string };
