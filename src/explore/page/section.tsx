import type { ComponentChildren } from "preact";
import { ExportButtons, type Exported } from "./export-buttons";

interface SectionProps {
  readonly title: string;
  readonly id: string;
  /** What of it can be saved; null while there is nothing. */
  readonly exported?: Exported | null;
  readonly children: ComponentChildren;
}

/** One view with its heading. */
export function Section({ title, id, exported = null, children }: SectionProps) {
  return (
    <section aria-labelledby={id}>
      <header>
        <h2 id={id}>{title}</h2>
        {exported && <ExportButtons {...exported} />}
      </header>
      {children}
    </section>
  );
}
