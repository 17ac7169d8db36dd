import { colourOf, withOpacity } from "../../../figures/colours";
import type { Figure } from "../../../figures/figure";
import type { FigureOptions } from "../../../figures/figure-options";
import { panelGrid } from "../../../figures/panel-grid";
import { panelTitle } from "../../../figures/panel-title";
import { figure, ROOM_FOR_TITLES } from "../../../figures/template";
import { drawable } from "../../../figures/validate";
import { formatNumber } from "../../../text/format-number";
import { COMPARISONS } from "../comparisons";
import type { Decomposition } from "../similarity-evidence";
import { nothingToCompare } from "./nothing-to-compare";

/** Beside each other; a gated MLP has more vectors. */
const MOST_COLUMNS = 3;

const PANEL_HEIGHT = { notebook: 240, column: 190 } as const;

/**
 * Which coordinates a similarity rests on: the largest contributions, a panel for each similarity. All
 * coordinates' contributions add up to the cosine.
 *
 * @param decompositions - the similarities taken apart
 * @throws {FigureError} when a number is not finite
 *
 * @example
 * weightContributionsFigure(result.decompositions);
 */
export function weightContributionsFigure(
  decompositions: readonly Decomposition[],
  {
    title = "Which coordinates does a similarity rest on?",
    subtitle = "The ten largest contributions to each cosine; the others are the rest",
    size = "notebook",
  }: FigureOptions = {},
): Figure {
  // A basis vector has one coordinate.
  const shown = decompositions.filter(({ comparison }) => comparison !== "basis_vector");
  if (shown.length === 0) return nothingToCompare(title, size);
  const columns = size === "column" ? 1 : Math.min(shown.length, MOST_COLUMNS);
  const rows = Math.ceil(shown.length / columns);
  const plotHeight = rows * PANEL_HEIGHT[size] + (rows - 1) * 84;
  const panels = panelGrid(shown.length, {
    ...{ columns, columnGap: 0.06, rowGap: rows === 1 ? 0 : 84 / plotHeight },
  });
  return figure({
    title,
    subtitle,
    description: `${title} ${shown.map(inWords).join(" ")}`,
    height: plotHeight + ROOM_FOR_TITLES + 16 + 64,
    size,
    data: shown.map(({ comparison, top }, i) => ({
      type: "bar",
      name: COMPARISONS[comparison].short,
      x: top.map(({ coordinate }) => String(coordinate)),
      y: drawable(
        COMPARISONS[comparison].short,
        top.map(({ contribution }) => contribution),
      ),
      xaxis: panels[i].x,
      yaxis: panels[i].y,
      marker: { color: withOpacity(colourOf(COMPARISONS[comparison].kind), 0.85) },
      customdata: top.map(({ first, second }) => [formatNumber(first), formatNumber(second)]),
      hovertemplate:
        "<b>coordinate %{x}</b><br>contribution %{y:.4f}<br>head %{customdata[0]}, other %{customdata[1]}<extra></extra>",
      showlegend: false,
    })),
    layout: {
      margin: { t: ROOM_FOR_TITLES + 16, r: 24, b: 64, l: 72 },
      ...Object.fromEntries(
        panels.flatMap((panel) => [
          [
            panel.xaxis,
            {
              ...{ type: "category", anchor: panel.y, domain: [panel.left, panel.right] },
              ...{ tickangle: -60, tickfont: { size: 11 }, showgrid: false },
              title: panel.isLowest
                ? { text: "coordinate of the stream", font: { size: 12 } }
                : undefined,
            },
          ],
          [
            panel.yaxis,
            {
              ...{ anchor: panel.x, domain: [panel.bottom, panel.top] },
              ...(panel.isFirst ? { title: { text: "contribution" } } : { matches: "y" }),
              showticklabels: panel.isLeftmost,
            },
          ],
        ]),
      ),
      annotations: shown.map(({ comparison, cosine, rest }, i) =>
        panelTitle(
          `<b>${COMPARISONS[comparison].short}</b><br>cosine ${formatNumber(cosine, 3)}, rest ${formatNumber(rest, 3)}`,
          panels[i].left,
          panels[i].top,
          12,
        ),
      ),
    },
  });
}

function inWords({ comparison, cosine, rest, effective_coordinates, top }: Decomposition): string {
  const first = top[0] ? `, most by coordinate ${top[0].coordinate}` : "";
  return `${COMPARISONS[comparison].short}: cosine ${formatNumber(cosine, 3)}${first}, ${formatNumber(rest, 3)} without the ten, as if ${formatNumber(effective_coordinates, 3)} coordinates shared it.`;
}
