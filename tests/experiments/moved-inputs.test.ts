import assert from "node:assert/strict";
import { readdirSync } from "node:fs";
import { join } from "node:path";
import { describe, it } from "node:test";
import { openHead } from "../../src/analysis/open-head";
import { randomStreams } from "../../src/analysis/random-streams";
import { donorPlan } from "../../src/experiments/audit/donors";
import { movedInputs } from "../../src/experiments/audit/moved-inputs";
import { measurePrompts } from "../../src/heads/measured-prompts";
import { hookPoint } from "../../src/model/hook-points";
import { cleanRuns } from "../../src/patching/clean-runs";
import { patch } from "../../src/patching/patch";

const MODELS = join(__dirname, "..", "..", "models");
const HEADS = readdirSync(MODELS).filter((name) => name.startsWith("neuron_"));

describe("where the stream is moved so that the neuron would have another text's value", () => {
  for (const name of HEADS) {
    it(`is where patched runs have it, to a thousandth of the way: ${name}`, async () => {
      const head = await openHead(join(MODELS, name));
      const { model, hook, index } = head;
      const lines = Array.from(
        { length: 40 },
        (_, i) =>
          `${"The old miller ".repeat(i % 7)}told his ${["wife", "cat", "king"][i % 3]} ${i}`,
      );
      const texts = measurePrompts(head, lines);
      const clean = cleanRuns(model, texts);
      const donors = donorPlan(texts.length, 12, randomStreams(0)("donors"));
      const { steps, stream, gradient, hook: at } = await movedInputs(head, texts, donors, clean);
      // Of a plain hidden neuron it is `hook_pre` that is brought to the value.
      const { name: brought } = hookPoint(
        hook.endsWith("hook_post") ? ["pre", 2] : hook,
        model.cfg,
      );
      const own = clean.measured(texts, brought).map((row) => row[index]);
      // The patched runs know nothing of the search.
      const variants = steps.map((ofTexts) => ({
        hook: at,
        patch: [
          "set",
          (text: number) =>
            stream[text].map((value, i) => value + (ofTexts[text] ?? 0) * gradient[text][i]),
        ] as const,
      }));
      const { patched } = await patch(model, texts, variants, { read: brought });
      let reached = 0;
      steps.forEach((ofTexts, donor) => {
        ofTexts.forEach((step, text) => {
          if (step === null) return;
          const value = own[donors[donor][text]];
          const missed = Math.abs(patched[donor][text]![brought][index] - value);
          const way = Math.abs(value - own[text]);
          assert.ok(
            missed <= 1e-3 * way + 1e-5,
            `text ${text}, donor ${donor}: ${missed} of ${way}`,
          );
          reached++;
        });
      });
      assert.ok(reached > (steps.length * texts.length) / 2, `${reached} reached`);
      clean.dispose();
      head.dispose();
    });
  }
});
