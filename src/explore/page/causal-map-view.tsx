import type { CausalMapShown, Explorer, Running } from "../explorer";
import { ResultProgress, RunButton, RunProblem, resultOf, useLongRun } from "./long-run-view";
import { Plot } from "./plot";
import { Section } from "./section";
import type { Session } from "./session";

/** Where in the prompt and the model the prediction comes from. */
export function CausalMapView({
  session,
  explorer,
}: {
  readonly session: Session;
  readonly explorer: Explorer;
}) {
  const head = session.head.value!;
  const run = useLongRun<Running<CausalMapShown>>(session, session.place.value);
  const { latest } = run.state.value;
  const result = resultOf(latest);
  const request = {
    ...{ head: head.id, text: session.ranText.value, position: session.position.value },
  };
  return (
    <Section
      title="Where the prediction comes from"
      id="map-title"
      exported={
        result && {
          name: "causal_map",
          json: () => ({ ...request, ...result, figures: undefined }),
          figure: () => result.figures.notebook,
        }
      }
    >
      <p class="soft">
        What each attention and MLP writes at each token is replaced by its mean over texts, one at
        a time.
      </p>
      <p class="actions">
        <RunButton
          label="Draw the causal map"
          run={run}
          onStart={() =>
            void run.start(session.place.value, (signal) => explorer.causalMap(request, { signal }))
          }
        />
        <ResultProgress run={run} />
      </p>
      <RunProblem run={run} />
      {result && <Plot figures={result.figures} />}
    </Section>
  );
}
