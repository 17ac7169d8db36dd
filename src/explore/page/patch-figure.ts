import { plainFigure } from "../../display/plain-figure";
import { colourOf } from "../../figures/colours";
import { doseResponseFigure } from "../../figures/dose-response";
import type { Figure } from "../../figures/figure";
import { escapeHtml } from "../../text/escape-html";
import type { Session } from "./session";

/** What the slider shows, as a figure: the dose curve, and where the patch is. */
export function patchFigure({ head, run, ranText, position, curve, patched }: Session): Figure {
  const [line, points] = [curve.value, patched.value];
  if (!line || !points) throw new Error("there is nothing to draw yet");
  const { hook, index, name } = head.value!;
  const dose = {
    ...{ hook, index, values: line.values },
    texts: [
      {
        text: ranText.value,
        tokens: run.value!.tokens.slice(0, position.value + 1).map(({ id }) => id),
        clean: line,
        prediction: line.predictions,
      },
    ],
    whyFlat: null,
  };
  const subtitle = `${escapeHtml(name)}, token ${position.value}`;
  const { data, layout } = doseResponseFigure(dose, { slider: false, subtitle });
  const patch = {
    ...{ type: "scatter", mode: "markers", name: "patched", showlegend: true },
    ...{ x: [points.activation.patched], y: [points.prediction.patched] },
    marker: { size: 12, symbol: "diamond", color: colourOf("activation") },
  };
  return plainFigure({ data: [...data, patch], layout });
}
