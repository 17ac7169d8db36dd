import { useComputed } from "@preact/signals";
import { useEffect, useRef, useState } from "preact/hooks";
import { formatNumber } from "../../text/format-number";
import {
  type CleanAndPatched,
  NEURON_PATCHES,
  type NeuronPatch,
  type PatchedPlace,
} from "../explorer";
import { DoseCurveLine } from "./dose-curve";
import { decimalsFor, fixed, signed } from "./fixed";
import { numberProblem } from "./number-problem";
import { PartBars } from "./part-bars";
import { patchFigure } from "./patch-figure";
import { Section } from "./section";
import { neutral, type Session, sliderRange } from "./session";
import { namedToken } from "./token-strip";

const VERBS = { set: "set to", scale: "multiply by", add: "add" } as const;

/** A thousandth of the slider's way is one step. */
const STEPS = 1000;

/** How long a reader's screen reader waits before it says what came of a drag. */
const QUIET_MS = 500;

/** The neuron at the measured token: what is done to it, and what comes of that. */
export function NeuronView({ session }: { readonly session: Session }) {
  const run = session.run.value!;
  const head = session.head.value!;
  const position = session.position.value;
  const token = run.tokens[position];
  return (
    <Section
      title={`The neuron at token ${position} “${namedToken(token.text)}”`}
      id="neuron-title"
      exported={
        session.curve.value && session.patched.value
          ? {
              name: "patched_neuron",
              json: () => ({
                ...{ head: head.id, text: session.ranText.value, position },
                ...{ edit: session.edit.value, patched: session.patched.value },
                dose_response: session.curve.value,
              }),
              figure: () => patchFigure(session),
            }
          : null
      }
    >
      <Controls session={session} />
      <Outcome session={session} />
    </Section>
  );
}

function Controls({ session }: { readonly session: Session }) {
  const run = session.run.value!;
  const { kind, value } = session.edit.value;
  const { activation } = run.tokens[session.position.value];
  const [low, high] = sliderRange(kind, run);
  const decimals = Math.max(decimalsFor(high - low) - 1, 0);
  const edit = (change: Partial<NeuronPatch>) => session.patch({ kind, value, ...change });
  return (
    <>
      <fieldset class="kinds">
        <legend>Patch</legend>
        {NEURON_PATCHES.map((one) => (
          <label key={one}>
            <input
              type="radio"
              name="kind"
              checked={one === kind}
              onChange={() => edit({ kind: one, value: neutral(one, activation) })}
            />
            {VERBS[one]}
          </label>
        ))}
        <NumberField value={value} onValue={(given) => edit({ value: given })} />
        <button type="button" class="quiet" onClick={() => session.untouched()}>
          as it was
        </button>
      </fieldset>
      <Curve session={session} />
      <input
        type="range"
        aria-label={`Value that the neuron is patched with: ${VERBS[kind]}`}
        aria-valuetext={`${VERBS[kind]} ${fixed(value, decimals)}`}
        min={low}
        max={high}
        step={(high - low) / STEPS}
        value={value}
        onInput={({ currentTarget }) => edit({ value: currentTarget.valueAsNumber })}
      />
      <p class="ends" aria-hidden="true">
        <span>{fixed(low, decimals)}</span>
        <span>{fixed(high, decimals)}</span>
      </p>
    </>
  );
}

/** A text of its own while it is written in: "-" and "0." are no numbers yet. */
function NumberField({
  value,
  onValue,
}: {
  readonly value: number;
  readonly onValue: (value: number) => void;
}) {
  const [text, setText] = useState<string | null>(null);
  const field = useRef<HTMLInputElement>(null);
  const problem = text === null ? null : numberProblem(text);
  // Moved by the slider, it says what that says.
  useEffect(() => {
    if (document.activeElement !== field.current) setText(null);
  }, [value]);
  return (
    <>
      <input
        ref={field}
        type="text"
        inputMode="decimal"
        class="value"
        aria-label="Value, as a number"
        aria-invalid={problem !== null}
        aria-describedby="value-problem"
        value={text ?? String(Number(value.toPrecision(5)))}
        onInput={({ currentTarget }) => {
          setText(currentTarget.value);
          if (numberProblem(currentTarget.value) === null) onValue(Number(currentTarget.value));
        }}
        onBlur={() => {
          if (problem === null) setText(null);
        }}
      />
      <span id="value-problem" class="value-problem" role="status">
        {problem}
      </span>
    </>
  );
}

function Curve({ session }: { readonly session: Session }) {
  const curve = session.curve.value;
  const patched = session.patched.value;
  // The curve's way is the slider's only where the neuron is set.
  const isAligned = session.edit.value.kind === "set";
  return (
    <>
      <p class="soft over-curve">
        {curve
          ? `The prediction, ${rangeText(curve.predictions)}, for each value${isAligned ? "" : ` from ${rangeText(curve.values)}`}`
          : "…"}
      </p>
      <div class="curve-place">
        {curve && patched && <DoseCurveLine curve={curve} {...patched} />}
      </div>
    </>
  );
}

function rangeText(values: readonly number[]): string {
  const [low, high] = [Math.min(...values), Math.max(...values)];
  return `${formatNumber(low)} to ${formatNumber(high)}`;
}

function Outcome({ session }: { readonly session: Session }) {
  const patched = session.patched.value;
  const place = useComputed(() => session.place.value);
  if (!patched) return <p class="soft">…</p>;
  return (
    <>
      <dl class="outcome">
        <dt>activation</dt>
        <dd>{arrow(patched.activation)}</dd>
        <dt>prediction</dt>
        <dd class="prediction" data-prediction={patched.prediction.patched}>
          {arrow(patched.prediction)}
        </dd>
      </dl>
      <Said patched={patched} />
      <PartBars place={place.value} patched={patched} />
    </>
  );
}

function arrow({ clean, patched }: CleanAndPatched) {
  const decimals = decimalsFor(Math.max(Math.abs(clean), Math.abs(patched)));
  // Beside a patch far out, what was there is no 0.
  const cleanDecimals = Math.max(decimals, decimalsFor(clean));
  return (
    <>
      {fixed(clean, cleanDecimals)} <span aria-hidden="true">→</span>
      <span class="hidden"> becomes </span> <b>{fixed(patched, decimals)}</b>{" "}
      <span class="soft">({signed(patched - clean, decimals)})</span>
    </>
  );
}

/** What came of a drag, for who hears it: when it is over. */
function Said({ patched }: { readonly patched: PatchedPlace }) {
  const [text, setText] = useState("");
  useEffect(() => {
    const { activation, prediction } = patched;
    const timer = setTimeout(
      () =>
        setText(
          `activation ${formatNumber(activation.patched)}, prediction ${formatNumber(prediction.patched)}`,
        ),
      QUIET_MS,
    );
    return () => clearTimeout(timer);
  }, [patched]);
  return (
    <p class="hidden" aria-live="polite">
      {text}
    </p>
  );
}
