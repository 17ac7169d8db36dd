import { breathe } from "./interrupt";

/** Told how far a long step is: units done, of how many. What it returns is awaited. */
export type ProgressReport = (done: number, total: number) => void | Promise<void>;

/** How far a long step is. Bars, silence and tests all look like this. */
export interface Progress {
  /** Told how many units there are, where whoever made it could not know. */
  expect?(total: number): void;
  /**
   * Says how much is done. Cheap: call it in every turn of a loop.
   *
   * @param done - units done so far, of `total`
   * @param text - what is being done just now, in a few words
   */
  update(done: number, text?: string): void;
  /**
   * Gives the event loop a turn if it had none for a tenth of a second, so that the bar is drawn,
   * the notebook's messages are sent and an interrupt is heard. Await it in every turn of a loop.
   *
   * @throws InterruptedError if the work was interrupted.
   */
  breathe(): Promise<void>;
  /**
   * Both at once, as a callback: `patchHead(head, prompts, patches, { onProgress: bar.report })`.
   */
  readonly report: ProgressReport;
  /** Ends the bar with one short line; also when the step failed half-way. */
  done(text?: string): void;
}

/** Progress that nobody watches. */
export const silentProgress: Progress = {
  update() {},
  breathe,
  report: breathe,
  done() {},
};
