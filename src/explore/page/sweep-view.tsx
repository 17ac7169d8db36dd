import { useSignal } from "@preact/signals";
import { escapeHtml } from "../../text/escape-html";
import type { Explorer, SweepPart, SweepRequest } from "../explorer";
import { barsFigure } from "./bars-figure";
import { decimalsFor, signed } from "./fixed";
import { RunButton, RunProblem, RunProgress, useLongRun } from "./long-run-view";
import { Section } from "./section";
import type { Session } from "./session";

interface ViewProps {
  readonly session: Session;
  readonly explorer: Explorer;
}

/** Which neurons matter at the measured token: each zeroed, exactly. */
export function SweepView({ session, explorer }: ViewProps) {
  const head = session.head.value!;
  const layers = useSignal<SweepRequest["layers"]>("target");
  const run = useLongRun<SweepPart>(session, `${session.place.value} ${layers.value}`);
  const { latest, isRunning } = run.state.value;
  const start = () =>
    void run.start(`${session.place.value} ${layers.value}`, (signal) =>
      explorer.neuronsThatMatter(
        {
          ...{ head: head.id, text: session.ranText.value, position: session.position.value },
          layers: layers.value,
        },
        { signal },
      ),
    );
  const largest = Math.abs(latest?.neurons[0]?.change ?? 0);
  return (
    <Section
      title="Which neurons matter here"
      id="sweep-title"
      exported={
        latest && {
          name: "neurons_that_matter",
          json: () => ({
            ...{ head: head.id, text: session.ranText.value, position: session.position.value },
            ...latest,
          }),
          figure: () =>
            barsFigure(
              latest.neurons.map(({ layer, index, change }) => ({
                name: `layer ${layer} neuron ${index}`,
                amount: change,
              })),
              {
                title: "Which neurons matter here",
                subtitle: `${escapeHtml(head.name)}, token ${session.position.value}; ${latest.done} of ${latest.total} neurons zeroed, one at a time`,
                axis: "change of the prediction",
              },
            ),
        }
      }
    >
      <p class="soft">
        Every hidden neuron (<code>post</code>) is set to 0 at this token, one at a time, and the
        prediction read again.
      </p>
      <p class="actions">
        <select
          aria-label="Which layers"
          value={layers.value}
          onChange={({ currentTarget }) => {
            layers.value = currentTarget.value as SweepRequest["layers"];
          }}
        >
          <option value="target">layer {head.layer}, the target’s</option>
          <option value="all">all layers that the head can see</option>
        </select>
        <RunButton label="Zero the neurons one by one" run={run} onStart={start} />
        {isRunning && (
          <RunProgress done={latest?.done ?? 0} total={latest?.total ?? null} what="neurons" />
        )}
      </p>
      <RunProblem run={run} />
      {latest && (
        <table class="bars">
          <caption>Change of the prediction without the neuron, the largest first</caption>
          <tbody>
            {latest.neurons.map(({ layer, index, change }) => (
              <tr key={`${layer} ${index}`}>
                <th scope="row">
                  layer {layer} neuron {index}
                </th>
                <td class="bar" aria-hidden="true">
                  <span
                    class={change < 0 ? "below" : "above"}
                    style={{
                      left: `${change < 0 ? 50 - (50 * -change) / (largest || 1) : 50}%`,
                      width: `${(50 * Math.abs(change)) / (largest || 1)}%`,
                    }}
                  />
                </td>
                <td class="number">{signed(change, decimalsFor(largest))}</td>
              </tr>
            ))}
          </tbody>
        </table>
      )}
    </Section>
  );
}
