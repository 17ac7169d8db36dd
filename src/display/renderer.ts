import { FigureError } from "../errors";

/** The renderers that make sense here, with plotly.py's names and meaning. */
export type RendererName = "plotly_mimetype" | "png" | "svg" | "notebook" | "json";

const NAMES: readonly RendererName[] = ["plotly_mimetype", "png", "svg", "notebook", "json"];

/** Never blank anywhere: live where plotly is known, a picture where it is not. */
const DEFAULT_RENDERER = "plotly_mimetype+png";

/**
 * The renderers that a figure is shown with: as asked for, else as `TSLENS_RENDERER` says, else
 * `plotly_mimetype+png`. Several are joined with `+`.
 *
 * @throws {FigureError} for a name that is not known
 *
 * @example
 * renderers("plotly_mimetype+svg"); // ["plotly_mimetype", "svg"]
 */
export function renderers(asked?: string): RendererName[] {
  const text = asked ?? (process.env.TSLENS_RENDERER || DEFAULT_RENDERER);
  const names = text.split("+").map((name) => name.trim());
  for (const name of names) {
    if (!NAMES.includes(name as RendererName)) {
      throw new FigureError(asked === undefined ? "Unknown TSLENS_RENDERER" : "Unknown renderer", {
        found: `"${name}"`,
        expected: `${NAMES.join(", ")}, or several joined with "+"`,
      });
    }
  }
  return [...new Set(names)] as RendererName[];
}
