/**
 * A reporter for Node's test runner: one JSON line for each test that was skipped, with its reason.
 * @param {AsyncIterable<import("node:test/reporters").TestEvent>} events
 */
export default async function* skippedTests(events) {
  for await (const { type, data } of events) {
    if (type !== "test:pass" || !data.skip) continue;
    const reason = typeof data.skip === "string" ? data.skip : "no reason given";
    yield `${JSON.stringify({ name: data.name, file: data.file, reason })}\n`;
  }
}
