import assert from "node:assert/strict";
import { test } from "node:test";
import { timestamp } from "../../src/results/timestamp";

test("UTC, whole seconds", () => {
  assert.equal(timestamp(new Date(0)), "1970-01-01T00:00:00Z");
  assert.equal(timestamp(new Date("2025-04-22T19:33:14.987+02:00")), "2025-04-22T17:33:14Z");
});

test("now, unless said otherwise", () => {
  const before = Math.floor(Date.now() / 1000) * 1000;
  const stamped = Date.parse(timestamp());
  assert.ok(stamped >= before && stamped <= Date.now());
});
