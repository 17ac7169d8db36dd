import { useSignal } from "@preact/signals";
import { useEffect } from "preact/hooks";
import { formatNumber } from "../../text/format-number";
import type { AuditShown, Explorer, Running } from "../explorer";
import { ResultProgress, RunButton, RunProblem, resultOf, useLongRun } from "./long-run-view";
import { Plot } from "./plot";
import { Section } from "./section";
import type { Session } from "./session";

/** What the head reads: what an audit found, or the offer of one. */
export function AuditView({
  session,
  explorer,
}: {
  readonly session: Session;
  readonly explorer: Explorer;
}) {
  const head = session.head.value!;
  const run = useLongRun<Running<AuditShown>>(session, head.id);
  const saved = useSignal<AuditShown | null | undefined>(undefined);
  const returns = session.returns.value;
  useEffect(() => {
    saved.value = undefined;
    const leaving = new AbortController();
    void session.answered("audit", async () => {
      try {
        const audit = await explorer.savedAudit(head.id, { signal: leaving.signal });
        if (!leaving.signal.aborted) saved.value = audit;
      } catch (error) {
        if (!leaving.signal.aborted) throw error;
      }
    });
    return () => leaving.abort();
  }, [head.id, returns]);
  const { latest } = run.state.value;
  const audit = resultOf(latest) ?? saved.value ?? null;
  return (
    <Section
      title="What the head reads"
      id="audit-title"
      exported={
        audit && {
          name: "audit",
          json: () => ({ head: head.id, ...audit, figures: undefined }),
          figure: () => audit.figures.notebook,
        }
      }
    >
      {audit && (
        <>
          <p class="headline">{audit.because[0]}</p>
          <p class="soft">
            {audit.saved
              ? `From the results folder, audited ${audit.saved}. `
              : "Audited just now. "}
          </p>
          <Plot figures={audit.figures} />
          <Criteria audit={audit} />
        </>
      )}
      {saved.value !== undefined && !audit && (
        <>
          <p class="soft">
            No audit of this head is saved in the results folder. One takes a few seconds on the
            bundled model, and minutes on one of 124 million parameters.
          </p>
          <p class="actions">
            <RunButton
              label="Audit the head"
              run={run}
              onStart={() =>
                void run.start(head.id, (signal) => explorer.audit(head.id, { signal }))
              }
            />
            <ResultProgress run={run} />
          </p>
        </>
      )}
      <RunProblem run={run} />
    </Section>
  );
}

function Criteria({ audit }: { readonly audit: AuditShown }) {
  if (audit.criteria.length === 0) return null;
  return (
    <details>
      <summary>What decided it</summary>
      <div class="wide">
        <table>
          <thead>
            <tr>
              <th scope="col">criterion</th>
              <th scope="col" class="number">
                estimate, 95% interval
              </th>
              <th scope="col">held against</th>
              <th scope="col">met</th>
            </tr>
          </thead>
          <tbody>
            {audit.criteria.map(({ name, estimate, low, high, threshold, met }) => (
              <tr key={name}>
                <td>{name}</td>
                <td class="number">
                  {formatNumber(estimate)}
                  {low !== null && ` [${formatNumber(low)}, ${formatNumber(high)}]`}
                </td>
                <td>{threshold}</td>
                <td>{met === null ? "–" : met ? "yes" : "no"}</td>
              </tr>
            ))}
          </tbody>
        </table>
      </div>
    </details>
  );
}
