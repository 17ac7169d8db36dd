import assert from "node:assert/strict";
import { test } from "node:test";
import { CheckpointError, TslensError } from "../src/errors";

test("the message names file, found, expected and remedy on one line", () => {
  const error = new CheckpointError("cannot be read", {
    file: "head.pt",
    found: "2 bytes",
    expected: "a zip container",
    remedy: "Save it with torch.save().",
  });
  assert.ok(error instanceof TslensError);
  assert.equal(error.name, "CheckpointError");
  assert.equal(
    error.message,
    "head.pt: cannot be read; found 2 bytes, expected a zip container. Save it with torch.save().",
  );
});
