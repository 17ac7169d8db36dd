import { colourOf } from "../../../figures/colours";
import type { Figure } from "../../../figures/figure";
import type { FigureOptions } from "../../../figures/figure-options";
import { type IntervalRow, intervalRow, intervalRows } from "../../../figures/interval-rows";
import { figure, ROOM_FOR_TITLE } from "../../../figures/template";
import { cellText } from "../../../text/cell";
import type { AuditResult } from "../result";

/** What the figure reads of a result. */
export type DecompositionInput = Pick<AuditResult, "decomposition" | "hook" | "target_neuron">;

/** Rows of a group; the others together are one more. */
const [PARTS, INSIDE] = [16, 8];

/**
 * Where a head has what it knows from: its slope on the activation by what writes to the stream that it
 * reads, the largest attention heads and hidden neurons, and what is left.
 *
 * @throws {FigureError} when a number is not finite
 *
 * @example
 * decompositionFigure(await analyzeAudit(head));
 */
export function decompositionFigure(
  { decomposition, hook, target_neuron }: DecompositionInput,
  {
    title = "Where does the head have it from?",
    subtitle = "Slope of the prediction on the activation over texts, by what writes to the stream that the head reads",
    size = "notebook",
  }: FigureOptions = {},
): Figure {
  const { parts, heads, neurons, target, residue, slope, reason } = decomposition;
  const kept = largestFirst(parts, ({ slope: of }) => of.estimate ?? 0).slice(0, PARTS);
  const rest = parts.filter((part) => !kept.includes(part));
  const row = (label: string, value: number, colour: string): IntervalRow => ({
    ...{ label, colour, point: value, range: null, note: cellText(value) },
  });
  const groups = [
    {
      title: "Embeddings, attention and MLPs, in their order",
      rows: [
        ...parts
          .filter((part) => kept.includes(part))
          .map(({ part, layer, slope: of }) =>
            intervalRow(nameOf(part, layer), of, colourOf(COLOURS[part])),
          ),
        ...(rest.length > 0
          ? [
              row(
                `${rest.length} others together`,
                rest.reduce((sum, { slope: of }) => sum + (of.estimate ?? 0), 0),
                colourOf("other"),
              ),
            ]
          : []),
        ...(residue === null ? [] : [row("residue", residue, colourOf("other"))]),
        ...(slope === null ? [] : [row("all together", slope, colourOf("head"))]),
      ],
    },
    {
      title: "Inside them: the largest",
      rows: [
        ...(target === null
          ? []
          : [row(`${hook}, ${target_neuron} itself`, target, colourOf("head"))]),
        ...largestFirst(heads ?? [], (one) => one.slope)
          .slice(0, INSIDE)
          .map((one) => row(`head ${one.layer}.${one.head}`, one.slope, colourOf("attention"))),
        ...(neurons ?? [])
          .slice(0, INSIDE)
          .map((one) =>
            row(`neuron ${one.layer}.${one.neuron}`, one.slope, colourOf("mlp_output")),
          ),
      ],
    },
  ].filter(({ rows }) => rows.length > 0);
  const { data, layout, height } = intervalRows(groups, {
    size,
    xTitle: "slope on the activation",
  });
  const said = groups
    .flatMap(({ rows }) => rows.map(({ label, note }) => `${label}: ${note}`))
    .join("; ");
  return figure({
    title,
    subtitle: reason === null ? subtitle : `There is none: ${reason}`,
    description: `${title} ${said || reason}.`,
    height: height + ROOM_FOR_TITLE,
    size,
    data,
    layout: { ...layout, margin: { ...layout.margin, t: ROOM_FOR_TITLE } },
  });
}

const COLOURS = {
  embed: "other",
  pos_embed: "other",
  attn_out: "attention",
  mlp_out: "mlp_output",
} as const;

function nameOf(
  part: DecompositionInput["decomposition"]["parts"][number]["part"],
  layer: number | null,
): string {
  if (layer === null) return part === "embed" ? "token embedding" : "position embedding";
  return `${part === "attn_out" ? "attention" : "MLP"} ${layer}`;
}

function largestFirst<T>(list: readonly T[], of: (one: T) => number): T[] {
  return [...list].sort((a, b) => Math.abs(of(b)) - Math.abs(of(a)));
}
