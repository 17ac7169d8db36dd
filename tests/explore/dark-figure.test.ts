import assert from "node:assert/strict";
import { it } from "node:test";
import { darkFigure } from "../../src/explore/page/dark-figure";
import { figure, template } from "../../src/figures/template";

const drawn = figure({
  title: "#222222",
  subtitle: "",
  description: "A figure",
  height: 200,
  data: [
    {
      type: "scatter",
      x: [1, 2],
      y: [3, 4],
      text: ["#FFFFFF", "#000000"],
      line: { color: "#222222" },
      marker: { color: ["#0072B2", "rgba(213, 94, 0, 0.5)", "rgba(34, 34, 34, 0.5)"] },
    },
  ],
  layout: { coloraxis: { colorscale: [[0, "#0072B2"], [0.5, "#F4F4F2"], [1, "#D55E00"]] } } as never, // biome-ignore format: one line
});

interface Shown {
  readonly text: readonly string[];
  readonly line: { readonly color: string };
  readonly marker: { readonly color: readonly string[] };
}

it("a figure on dark paper: greys turned around, colours and words as they are", () => {
  const before = JSON.stringify(drawn);
  const { data, layout } = darkFigure(drawn);
  assert.equal(JSON.stringify(drawn), before);
  const shown = layout.template as typeof template;
  // Page.css's --paper #1b1b1b and --ink #e8e8e8 stand for the template's white and #222222.
  assert.equal(shown.layout!.paper_bgcolor, "rgba(27, 27, 27, 1)");
  assert.equal(shown.layout!.font!.color, "rgba(232, 232, 232, 1)");
  const [trace] = data as unknown as Shown[];
  assert.deepEqual(trace.text, ["#FFFFFF", "#000000"]);
  assert.equal(trace.line.color, "rgba(232, 232, 232, 1)");
  assert.deepEqual(trace.marker.color, [
    "#0072B2",
    "rgba(213, 94, 0, 0.5)",
    "rgba(232, 232, 232, 0.5)",
  ]);
  assert.equal((layout.title as { text: string }).text, "#222222");
  const { colorscale } = layout.coloraxis as { colorscale: [number, string][] };
  assert.deepEqual([colorscale[0][1], colorscale[2][1]], ["#0072B2", "#D55E00"]);
  // The middle of a diverging scale is nearly the paper's, as it is on white.
  assert.match(colorscale[1][1], /^rgba\(38, 38, 38, 1\)$/);
  assert.equal(template.layout!.paper_bgcolor, "#FFFFFF");
});
