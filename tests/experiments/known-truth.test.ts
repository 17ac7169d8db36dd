import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { type AuditedHead, auditPlant } from "../../scripts/known-truth/audit-plant";
import { randomChoice } from "../../scripts/known-truth/choices";
import type { PlantedHook } from "../../scripts/known-truth/plant";
import type { PlantedHead } from "../../scripts/known-truth/planted-heads";
import { knownTruthTables } from "../../scripts/known-truth/tables";
import { temporaryFolder } from "../checkpoints/temporary-folder";
import { KINDS } from "../patching/random-family";

const VERDICT_OF: Readonly<Record<string, string>> = {
  "the neuron": "reads the neuron",
  "its inputs": "reads its inputs",
  "a correlate": "reads a correlate",
};

const PLANTS: readonly (readonly [kind: string, hook: PlantedHook])[] = [
  ["gpt2", "post"],
  ["llama", "mlp_out"],
];

/** Without noise, of a type in turns; with it; and what reads nothing. */
const isChosen = ({ kind, shape, noise }: PlantedHead) =>
  kind === "nothing"
    ? shape === "mlp"
    : kind in VERDICT_OF
      ? noise === 0 && (shape === "linear" || (shape === "mlp" && kind === "the neuron"))
      : kind === "not the neuron";

// What each head reads is known by how its model was made: `npm run known-truth` does it many times over,
// and docs/audit.md has the tables.
describe("audits of heads whose truth was planted", () => {
  const folder = temporaryFolder();
  const audited: AuditedHead[] = [];

  for (const [turn, [name, hook]] of PLANTS.entries()) {
    it(`in a random ${name}, ${hook}`, async () => {
      const kind = KINDS.find((one) => one.name === name)!;
      const choice = await randomChoice(kind, hook, 1, 1200).make();
      const heads = await auditPlant(choice, `${folder}/${turn}`, {
        texts: [150],
        truth: { texts: 200, donors: 3 },
        only: isChosen,
      });
      audited.push(...heads);
      assert.equal(heads.length, 6);
      for (const head of heads) {
        const { kind, planted, truth, verdict, because, causal_share, input_share } = head;
        if (kind in VERDICT_OF) {
          assert.equal(verdict, VERDICT_OF[kind], because);
          // What runs over all texts say is what was planted: of a curved head, as far as 200 texts tell.
          assert.ok(Math.abs(truth.causal - planted.causal!) < 0.1, `${kind}: ${truth.causal}`);
          // A norm divides by what is moved as well: the error of SPEC's input share, 0.1 at most here.
          assert.ok(Math.abs(truth.input! - planted.input!) < 0.1, `${kind}: ${truth.input}`);
          assert.ok(
            Math.abs(causal_share.estimate! - planted.causal!) < 0.1,
            `${kind} ${causal_share.estimate}`,
          );
          assert.ok(
            Math.abs(input_share.estimate! - planted.input!) < 0.1,
            `${kind} ${input_share.estimate}`,
          );
        } else {
          assert.notEqual(verdict, "reads the neuron", because);
        }
        if (kind === "nothing") {
          assert.ok(Math.abs(truth.r) < 0.1, String(truth.r));
          assert.equal(verdict, "does not predict", because);
        }
        if (kind === "not the neuron") {
          // Later norms divide by what the neuron writes, too.
          assert.ok(Math.abs(causal_share.estimate!) < 0.02, String(causal_share.estimate));
        }
      }
    });
  }

  it("are counted in tables", () => {
    const tables = knownTruthTables(audited, PLANTS.length);
    assert.match(tables, /^12 heads on 2 planted neurons/);
    assert.match(tables, /\| the neuron \| 4 \|[^\n]* 4 \|/);
    assert.match(tables, /was said of 0 of the \d+ heads that do not \(0\.0%\)/);
  });
});
