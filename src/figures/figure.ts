/**
 * A Plotly figure: plain data that `JSON.stringify` keeps whole. Plotly in a page, in a notebook and
 * in Python (`plotly.io.read_json`) draw the same thing from it.
 */
export interface Figure {
  /** The traces: what is drawn, in drawing order. */
  data: Record<string, unknown>[];
  /** Axes, titles, sizes and the template. */
  layout: Record<string, unknown>;
}
