import { useState } from "preact/hooks";
import type { Figure } from "../../figures/figure";
import { pictureOf } from "./plotly";

export interface Exported {
  /** The file's name without its ending. */
  readonly name: string;
  readonly json: () => unknown;
  readonly figure: () => Figure;
}

/** Saves a view: its numbers, or a picture of it. */
export function ExportButtons({ name, json, figure }: Exported) {
  const [problem, setProblem] = useState<string | null>(null);
  const save = async (format: "json" | "png" | "svg") => {
    try {
      const text = () => `${JSON.stringify(json(), null, 2)}\n`;
      const content =
        format === "json"
          ? new Blob([text()], { type: "application/json" })
          : await pictureOf(figure(), format);
      download(content, `${name}.${format}`);
      setProblem(null);
    } catch (error) {
      setProblem((error as Error).message);
    }
  };
  return (
    <span class="export">
      {(["json", "png", "svg"] as const).map((format) => (
        <button
          type="button"
          class="quiet"
          key={format}
          aria-label={`Save ${name.replaceAll("_", " ")} as ${format.toUpperCase()}`}
          onClick={() => void save(format)}
        >
          {format.toUpperCase()}
        </button>
      ))}
      {problem && <span class="problem">{problem}</span>}
    </span>
  );
}

function download(content: Blob, name: string): void {
  const link = document.createElement("a");
  link.href = URL.createObjectURL(content);
  link.download = name;
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 10_000);
}
