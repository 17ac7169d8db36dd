import { colourOf } from "../../figures/colours";
import type { Figure } from "../../figures/figure";
import { figure } from "../../figures/template";
import { formatNumber } from "../../text/format-number";
import type { Session } from "./session";

/** What the slider shows, as a figure: the dose curve with the points without and with the patch. */
export function patchFigure({ head, position, curve, patched }: Session): Figure {
  const [line, points] = [curve.value, patched.value];
  if (!line || !points) throw new Error("there is nothing to draw yet");
  const { activation, prediction } = points;
  const point = (which: "clean" | "patched", name: string, symbol: string) => ({
    type: "scatter" as const,
    mode: "markers" as const,
    name,
    x: [activation[which]],
    y: [prediction[which]],
    marker: { size: 11, symbol, color: colourOf(which === "clean" ? "other" : "activation") },
  });
  return figure({
    title: "The prediction, as the neuron is set",
    subtitle: `${head.value!.name}, token ${position.value}`,
    description: `The prediction goes from ${formatNumber(prediction.clean)} to ${formatNumber(prediction.patched)} as the activation goes from ${formatNumber(activation.clean)} to ${formatNumber(activation.patched)}.`,
    height: 420,
    data: [
      {
        type: "scatter",
        mode: "lines",
        name: "set to each value",
        x: [...line.values],
        y: [...line.predictions],
        line: { color: colourOf("prediction") },
      },
      point("clean", "as it was", "circle"),
      point("patched", "patched", "diamond"),
    ],
    layout: {
      xaxis: { title: { text: "activation" } },
      yaxis: { title: { text: "prediction" } },
    },
  });
}
