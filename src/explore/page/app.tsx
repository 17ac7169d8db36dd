import { effect } from "@preact/signals";
import { render } from "preact";
import type { Explorer } from "../explorer";
import { AuditView } from "./audit-view";
import { CausalMapView } from "./causal-map-view";
import { ExamplesView } from "./examples-view";
import { NeuronView } from "./neuron-view";
import { PromptView } from "./prompt-view";
import { Session } from "./session";
import { hashOf, startingPoint } from "./starting-point";
import { SweepView } from "./sweep-view";

interface AppProps {
  readonly session: Session;
  readonly explorer: Explorer;
}

/** Shows the page in `place`, answered by `explorer`. */
export function showPage(explorer: Explorer, place: Element): void {
  const session = new Session(explorer, startingPoint(location.hash));
  render(<App {...{ session, explorer }} />, place);
  effect(() => {
    if (session.head.value)
      history.replaceState(null, "", `${location.pathname}${hashOf(session.lookedAt)}`);
  });
  void session.start();
}

function App({ session, explorer }: AppProps) {
  const head = session.head.value;
  const run = session.run.value;
  return (
    <>
      <Top session={session} />
      <Notices session={session} />
      {head && <PromptView session={session} />}
      {head && run && (
        <>
          <NeuronView session={session} />
          <SweepView {...{ session, explorer }} />
          <CausalMapView {...{ session, explorer }} />
        </>
      )}
      {head && (
        <>
          <AuditView {...{ session, explorer }} />
          <ExamplesView {...{ session, explorer }} />
          <About session={session} />
        </>
      )}
    </>
  );
}

function Top({ session }: { readonly session: Session }) {
  const head = session.head.value;
  const heads = session.heads.value;
  return (
    <header class="top">
      <h1>tslens explore</h1>
      <label>
        <span class="hidden">Head</span>
        <select
          value={head?.id ?? ""}
          disabled={heads.length === 0}
          onChange={async ({ currentTarget }) => {
            await session.choose(currentTarget.value);
            // One that could not be opened is not what is shown.
            currentTarget.value = session.head.value?.id ?? "";
          }}
        >
          {!head && <option value="">…</option>}
          {heads.map(({ id, name }) => (
            <option key={id} value={id}>
              {name}
            </option>
          ))}
        </select>
      </label>
      {head && (
        <p class="soft">
          A {head.headType} head that reads <code>{head.reads}</code> of {head.baseModel} and
          predicts{" "}
          <code>
            {head.hook}[…, {head.index}]
          </code>
          .
        </p>
      )}
    </header>
  );
}

function Notices({ session }: { readonly session: Session }) {
  const { away, problem, busy, head } = session;
  const warnings = head.value?.warnings ?? [];
  return (
    <div class="notices">
      {away.value && (
        <p class="away" role="alert">
          {away.value} This page goes on by itself when there is an answer.
        </p>
      )}
      {problem.value && (
        <p class="problem" role="alert">
          {problem.value}
        </p>
      )}
      <p class="soft" role="status">
        {busy.value ?? ""}
      </p>
      {warnings.length > 0 && (
        <ul class="warnings">
          {warnings.map((warning) => (
            <li key={warning}>{warning}</li>
          ))}
        </ul>
      )}
    </div>
  );
}

function About({ session }: { readonly session: Session }) {
  return (
    <details>
      <summary>About this head and its base model</summary>
      <dl>
        {session.head.value!.facts.map(({ name, value }, i) => (
          <div key={i}>
            <dt>{name}</dt>
            <dd>{value}</dd>
          </div>
        ))}
      </dl>
    </details>
  );
}
