import { useSignal } from "@preact/signals";
import { plainFigure } from "../../display/plain-figure";
import type { Figure } from "../../figures/figure";
import { tokensFigure } from "../../figures/tokens";
import { escapeHtml } from "../../text/escape-html";
import type { OpenedHead, PromptRun } from "../explorer";
import { decimalsFor, fixed } from "./fixed";
import { Section } from "./section";
import { isBlank, type Session } from "./session";
import { namedToken, numbersOf, type Scale, scaleOf, TokenStrip } from "./token-strip";

/** The prompt and its tokens. */
export function PromptView({ session }: { readonly session: Session }) {
  const head = session.head.value!;
  const run = session.run.value;
  const looked = useSignal<number | null>(null);
  const chosen = session.position.value;
  const at =
    looked.value !== null && run && looked.value < run.tokens.length ? looked.value : chosen;
  const scale = scaleOf(run?.tokens ?? [], head.sharedScale);
  return (
    <Section
      title="Token by token"
      id="tokens-title"
      exported={
        run && {
          name: "tokens",
          json: () => ({ head: head.id, text: session.ranText.value, ...run }),
          figure: () => figureOf(head, run),
        }
      }
    >
      <label class="prompt">
        <span>
          {head.readsText ? "Prompt" : "Prompt: token ids, as this model has no tokenizer"}
        </span>
        <textarea
          dir="auto"
          rows={3}
          spellcheck={false}
          value={session.text.value}
          onInput={({ currentTarget }) => session.write(currentTarget.value)}
        />
      </label>
      {isBlank(session.text.value, head) && <p class="soft">Write something to see its tokens.</p>}
      {run && (
        <>
          <TokenStrip
            label="Tokens of the prompt; arrow keys choose the one that is measured"
            tokens={run.tokens}
            {...{ scale, chosen }}
            onChoose={(position) => session.measure(position)}
            onLook={(position) => {
              looked.value = position;
            }}
          />
          <p class="looked">
            <span>
              token {at} “{namedToken(run.tokens[at].text)}”: {numbersOf(run.tokens[at], scale)}
            </span>
            <Legend scale={scale} />
          </p>
        </>
      )}
    </Section>
  );
}

function Legend({ scale }: { readonly scale: Scale }) {
  const { activation, prediction } = scale;
  const text = (largest: number) => fixed(largest, Math.max(decimalsFor(largest) - 1, 0));
  const both = (sign: -1 | 1) =>
    activation === prediction
      ? text(sign * activation)
      : `${text(sign * activation)}, ${text(sign * prediction)}`;
  return (
    <span
      class="legend"
      role="img"
      aria-label="Above each token its activation, below it the prediction; blue is negative, orange positive"
    >
      <span>above: activation, below: prediction</span>
      <span class="scale-row">
        <span>{both(-1)}</span>
        <span class="scale" />
        <span>{both(1)}</span>
      </span>
    </span>
  );
}

function figureOf({ sharedScale, name }: OpenedHead, { tokens, measured }: PromptRun): Figure {
  const run = {
    strTokens: tokens.map(({ text }) => text),
    activation: tokens.map(({ activation }) => activation),
    prediction: tokens.map(({ prediction }) => prediction),
    position: measured,
  };
  return plainFigure(tokensFigure(run, { sharedScale, subtitle: escapeHtml(name) }));
}
