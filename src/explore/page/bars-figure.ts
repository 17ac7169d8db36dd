import { colourOf } from "../../figures/colours";
import type { Figure } from "../../figures/figure";
import { figure, ROOM_FOR_TITLE } from "../../figures/template";

/** A named number that is drawn as a bar. */
export interface NamedAmount {
  readonly name: string;
  readonly amount: number;
}

const [BAR, REST] = [22, ROOM_FOR_TITLE + 64];

/** Bars below one another, the first on top. */
export function barsFigure(
  bars: readonly NamedAmount[],
  {
    title,
    subtitle,
    axis,
  }: { readonly title: string; readonly subtitle: string; readonly axis: string },
): Figure {
  const places = bars.map((_, i) => i);
  return figure({
    ...{ title, subtitle },
    description: `${title}: ${bars.length} bars, the first ${bars[0]?.name ?? "none"}.`,
    height: REST + BAR * bars.length,
    data: [
      {
        type: "bar",
        orientation: "h",
        x: bars.map(({ amount }) => amount),
        y: places,
        marker: { color: colourOf("head") },
        hovertemplate: "%{x:.4g}<extra></extra>",
      },
    ],
    layout: {
      xaxis: { title: { text: axis } },
      yaxis: {
        autorange: "reversed",
        tickvals: places,
        ticktext: bars.map(({ name }) => name),
      },
      showlegend: false,
    },
  });
}
