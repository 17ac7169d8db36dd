import * as figures from "../../src/figures";
import type { Figure } from "../../src/figures/figure";
import {
  exampleCorpus,
  exampleDose,
  exampleExamples,
  exampleMap,
  exampleRun,
} from "./example-runs";

type Size = "notebook" | "column";

const run = exampleRun(90);
const map = exampleMap(12, 4);
/** Every figure of what is not an experiment, at its edges too. */
export const everyTokenDrawings: Readonly<Record<string, (size: Size) => Figure>> = {
  tokens: (size) => figures.tokensFigure(run, { size }),
  "tokens on two scales": (size) => figures.tokensFigure(run, { size, sharedScale: false }),
  "one token": (size) => figures.tokensFigure(exampleRun(1), { size }),
  examples: (size) => figures.examplesFigure(exampleExamples(9), { size }),
  corpus: (size) => figures.corpusFigure(exampleCorpus(500), { size }),
  "corpus on two scales": (size) =>
    figures.corpusFigure(exampleCorpus(3), { size, sharedScale: false }),
  "dose response of one text": (size) => figures.doseResponseFigure(exampleDose(1), { size }),
  "dose response of four": (size) => figures.doseResponseFigure(exampleDose(4), { size }),
  "dose response of many": (size) => figures.doseResponseFigure(exampleDose(30), { size }),
  "dose response without a slider": (size) =>
    figures.doseResponseFigure(exampleDose(2), { size, slider: false }),
  "dose response that is flat": (size) => {
    const [text] = exampleDose(1).texts;
    const prediction = text.prediction.map(() => text.clean.prediction);
    const whyFlat = "blocks.3.hook_mlp_out is computed after blocks.1.hook_resid_post, which the head reads"; // biome-ignore format: one line
    return figures.doseResponseFigure({ ...exampleDose(1), texts: [{ ...text, prediction }], whyFlat }, { size }); // biome-ignore format: one line
  },
  "causal map": (size) => figures.causalMapFigure(map, { size }),
  "causal map of one cell": (size) => figures.causalMapFigure(exampleMap(1, 1), { size }),
  "causal map of a long text": (size) => figures.causalMapFigure(exampleMap(150, 24), { size }),
  "heat map": (size) =>
    figures.heatmap(map.mlp, {
      ...{ size, x: map.strTokens, y: map.layers, xTitle: "token", yTitle: "block" },
      ...{ title: "Own numbers", subtitle: "Of somebody", valueTitle: "effect" },
    }),
  "heat map with gaps": (size) => figures.heatmap([[1, null, 3], Float32Array.of(4, 5, 6)], { size, title: "Gaps" }), // biome-ignore format: one line
  line: (size) =>
    figures.line(
      [
        { name: "<a>", y: run.activation },
        { y: [1, null, 3], x: [0, 40, 80] },
      ],
      {
        ...{ size, title: "Lines", xTitle: "position", yTitle: "value" },
      },
    ),
  scatter: (size) =>
    figures.scatter(run.activation, run.prediction, {
      size,
      names: run.strTokens,
      title: "Points",
    }),
};
