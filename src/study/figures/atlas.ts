import type { Shape } from "plotly.js";
import { THRESHOLDS } from "../../experiments/audit/thresholds";
import { extent, padded } from "../../figures/extent";
import type { Figure } from "../../figures/figure";
import type { FigureOptions } from "../../figures/figure-options";
import { figure, INK, ROOM_FOR_LEGEND, ROOM_FOR_TITLE } from "../../figures/template";
import { drawable, notEmpty } from "../../figures/validate";
import { count } from "../../text/count";
import type { StudyRow } from "../study-row";
import { beyondTraces, notShown, shareAxis } from "./share-axis";
import { headsWithShare, verdictCounts, verdictTraces } from "./verdict-marks";

/**
 * The atlas of a study: how well each head predicts (r on held-out texts) against its causal share, a point
 * a head, by verdict. What a good prediction does not say is how high its point lies.
 *
 * @throws {FigureError} when no head has both, or a number is not finite
 *
 * @example
 * const { heads } = await runStudy(["models"]);
 * await showFigure(atlasFigure(heads));
 */
export function atlasFigure(
  rows: readonly StudyRow[],
  {
    title = "Do heads that predict well read the neuron?",
    subtitle,
    size = "notebook",
  }: FigureOptions = {},
): Figure {
  const heads = headsWithShare(rows).flatMap((head) =>
    head.row.r === null ? [] : [{ ...head, r: head.row.r }],
  );
  notEmpty("The atlas", heads, "head with a correlation and a causal share");
  drawable(
    "causal shares",
    heads.map(({ share }) => share),
    (i) => heads[i].name,
  );
  const correlations = drawable(
    "r",
    heads.map(({ r }) => r),
    (i) => heads[i].name,
  );
  const axis = shareAxis(heads.map(({ share }) => share));
  const beyond = heads.filter(({ share }) => axis.beyond(share) !== 0).length;
  const left = notShown(rows.length - heads.length, beyond);
  const good = heads.filter(({ r }) => r >= THRESHOLDS.correlation);
  const reading = good.filter(({ row }) => row.verdict === "reads the neuron").length;
  return figure({
    title,
    subtitle:
      subtitle ??
      `${count(heads.length, "head")}; dashed: what a verdict takes, half of the share and r of √0.1${left}`,
    description: `${title} Of ${count(heads.length, "head")}, ${good.length} have an r of at least √0.1, and ${reading} of these read the neuron${left}. Verdicts: ${verdictCounts(heads)}.`,
    height: 360 + ROOM_FOR_TITLE + ROOM_FOR_LEGEND[size] + 20,
    size,
    data: [
      ...verdictTraces(heads, ({ r, share }) => ({
        x: r,
        y: axis.place(share),
      })),
      ...beyondTraces(heads, axis, "y", ({ r }) => r),
    ],
    layout: {
      margin: { t: ROOM_FOR_TITLE, r: 20, b: ROOM_FOR_LEGEND[size] + 20, l: 60 },
      xaxis: {
        title: { text: "predictability: r on held-out texts" },
        range: padded(extent([0, 1, ...correlations])),
      },
      yaxis: { title: { text: "causal share" }, range: [...axis.range] },
      shapes: [
        dashed({ xref: "paper", x0: 0, x1: 1, y0: THRESHOLDS.share, y1: THRESHOLDS.share }),
        dashed({
          ...{ yref: "paper", y0: 0, y1: 1 },
          ...{ x0: THRESHOLDS.correlation, x1: THRESHOLDS.correlation },
        }),
      ],
    },
  });
}

function dashed(place: Partial<Shape>): Partial<Shape> {
  return { ...place, type: "line", layer: "below", line: { color: INK, width: 1, dash: "dash" } };
}
