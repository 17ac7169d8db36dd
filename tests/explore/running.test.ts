import assert from "node:assert/strict";
import { after, before, describe, it } from "node:test";
import type { Running } from "../../src/explore/explorer";
import { type LocalExplorer, localExplorer } from "../../src/explore/local-explorer";

const HEAD = "neuron_l2_n52_20261122_120000";

describe("what takes a while says how far it is, of how much", () => {
  let explorer: LocalExplorer;
  before(async () => {
    explorer = await localExplorer();
  });
  after(() => explorer.dispose());

  /** What is told on the way. */
  async function told(parts: AsyncIterable<Running<unknown>>) {
    const heard: { done: number; total: number | null }[] = [];
    for await (const part of parts) {
      if (!("result" in part)) heard.push(part);
    }
    return heard;
  }

  it("a causal map, of its cells", async () => {
    const text = "The king said to his";
    const { tokens } = await explorer.run({ head: HEAD, text });
    const { layers } = await explorer.open(HEAD);
    const position = tokens.length - 1;
    const heard = await told(explorer.causalMap({ head: HEAD, text, position }));
    const last = heard[heard.length - 1];
    const cells = 2 * layers * tokens.length;
    assert.deepEqual([last.done, last.total], [cells, cells]);
  });

  it("an audit, of its patched runs", async () => {
    const heard = await told(explorer.audit(HEAD));
    const totals = new Set(heard.slice(1).map(({ total }) => total));
    const last = heard[heard.length - 1];
    assert.equal(totals.size, 1);
    assert.ok(last.total !== null && last.total > 1000);
    assert.equal(last.done, last.total);
  });
});
