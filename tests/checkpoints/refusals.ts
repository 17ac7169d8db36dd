import assert from "node:assert/strict";
import { CheckpointError, type TslensError } from "../../src/errors";

/** Asserts that this throws a CheckpointError of one line that matches, whatever it does. */
export async function assertRefused(
  run: () => unknown,
  pattern: RegExp,
  ErrorType: new (what: string) => TslensError = CheckpointError,
): Promise<void> {
  await assert.rejects(
    async () => run(),
    (error: unknown) => {
      assert.ok(error instanceof ErrorType, `${error} is a ${ErrorType.name}`);
      assert.equal(error.name, ErrorType.name);
      assert.match(error.message, pattern);
      assert.doesNotMatch(error.message, /[\n\r]/);
      return true;
    },
  );
}
