import { useSignal } from "@preact/signals";
import type { ExamplesShown, Explorer, Running } from "../explorer";
import { ResultProgress, RunButton, RunProblem, resultOf, useLongRun } from "./long-run-view";
import { Plot } from "./plot";
import { Section } from "./section";
import type { Session } from "./session";
import { numbersOf, scaleOf, TokenStrip } from "./token-strip";

/** Where in a corpus the neuron is strongest and weakest, and the head most wrong. */
export function ExamplesView({
  session,
  explorer,
}: {
  readonly session: Session;
  readonly explorer: Explorer;
}) {
  const head = session.head.value!;
  const run = useLongRun<Running<ExamplesShown>>(session, head.id);
  const { latest } = run.state.value;
  const result = resultOf(latest);
  return (
    <Section
      title="Top examples"
      id="examples-title"
      exported={
        result && {
          name: "top_examples",
          json: () => ({ head: head.id, ...result, figures: undefined }),
          figure: () => result.figures.notebook,
        }
      }
    >
      <p class="soft">
        Over the held-out books that come with tslens: where the neuron is strongest and weakest,
        where the head is most wrong, and random places of each tenth.
      </p>
      {!result && (
        <p class="actions">
          <RunButton
            label="Find examples"
            run={run}
            onStart={() =>
              void run.start(head.id, (signal) => explorer.topExamples(head.id, { signal }))
            }
          />
          <ResultProgress run={run} />
        </p>
      )}
      <RunProblem run={run} />
      {result && (
        <>
          <Groups result={result} session={session} />
          <Plot figures={result.figures} />
        </>
      )}
    </Section>
  );
}

function Groups({
  result,
  session,
}: {
  readonly result: ExamplesShown;
  readonly session: Session;
}) {
  const chosen = useSignal(0);
  const group = result.groups[Math.min(chosen.value, result.groups.length - 1)];
  const scale = scaleOf(
    result.groups.flatMap(({ examples }) => examples.flatMap(({ tokens }) => tokens)),
    session.head.value!.sharedScale,
  );
  return (
    <>
      <p class="actions">
        <select
          aria-label="Which examples"
          value={chosen.value}
          onChange={({ currentTarget }) => {
            chosen.value = Number(currentTarget.value);
          }}
        >
          {result.groups.map(({ name }, i) => (
            <option key={name} value={i}>
              {name}
            </option>
          ))}
        </select>
        <span class="soft">
          {result.positions.toLocaleString("en-US")} tokens of{" "}
          {result.texts.toLocaleString("en-US")} texts
        </span>
      </p>
      {group.examples.length === 0 && <p class="soft">None: {group.why}</p>}
      <ol class="examples">
        {group.examples.map((example, i) => (
          <li key={i}>
            <TokenStrip tokens={example.tokens} scale={scale} chosen={example.at} />
            <p class="soft">
              {numbersOf(example, scale)}{" "}
              <button
                type="button"
                class="quiet"
                onClick={() => session.write(example.prompt, example.position)}
              >
                use as prompt
              </button>
            </p>
          </li>
        ))}
      </ol>
    </>
  );
}
