import { DEFAULT_PROMPTS } from "../../analysis/prompts";
import { InputError } from "../../errors";
import type { BoundHead } from "../../heads/bind-head";
import { getActName, type HookName, type ShortName } from "../../model/hook-names";
import { everyLayer } from "../../patching/neuron-sweep";
import { parsePatch } from "../../patching/patch-kinds";
import { phrase } from "../../text/phrase";
import { parseNumber } from "../arguments";
import type { ExperimentCommand, SummaryPart } from "../experiment";
import { about } from "./about";
import { analyzeNeuronSweep, progressText } from "./measure";
import { readNeuronSweep } from "./read-neuron-sweep";
import type { NeuronSweepResult } from "./result";

interface Options {
  readonly patch: string;
  readonly hook?: readonly string[];
  readonly allLayers?: true;
  readonly maxBytes?: string;
  readonly resume?: string;
}

/** How many neurons the summary lists. */
const LISTED = 10;

/** `tslens sweep MODEL_DIR` */
export const sweepCommand: ExperimentCommand<NeuronSweepResult> = {
  ...about,
  options: [
    {
      flags: "--patch <patch>",
      help: "set:VALUE, scale:FACTOR, add:VALUE, zero, mean or resample",
      value: "zero",
    },
    {
      flags: "--hook <name>",
      help: "whose neurons: a short name (of the target's layer) or a long one; may be repeated (default: the head's own activation, and post)",
      repeats: true,
    },
    {
      flags: "--all-layers",
      help: "the neurons of every layer (of post, if no --hook is given)",
    },
    { flags: "--max-bytes <bytes>", help: "memory for what is computed at one time" },
    {
      flags: "--resume <file>",
      help: "go on with a sweep that was stopped: the file it wrote with --out",
    },
  ],
  prepare(options) {
    const given = options as unknown as Options;
    const { maxBytes, resume } = given;
    const settings = {
      patch: parsePatch(given.patch),
      maxBytes: maxBytes === undefined ? undefined : parseNumber(maxBytes, "--max-bytes"),
      resume: resume === undefined ? undefined : readNeuronSweep(resume),
    };
    return (head, { prompts = DEFAULT_PROMPTS, ...shared }) => {
      const hooks = hooksOf(given, head);
      return analyzeNeuronSweep(head, prompts, { ...shared, ...settings, hooks });
    };
  },
  summary,
  unfinished: (result) =>
    result.is_complete
      ? null
      : {
          what: "the sweep",
          done: progressText(result.swept),
          isEmpty: result.swept.every(({ changes }) => changes.every((one) => one === null)),
        },
};

/** What is swept; undefined leaves it to the analysis. */
function hooksOf({ hook, allLayers }: Options, head: BoundHead): HookName[] | undefined {
  if (hook === undefined) return allLayers && everyLayer("post", head.model);
  const { targetLayer } = head.files.config;
  return hook.flatMap((name) => {
    if (!allLayers) return [getActName(name, targetLayer)];
    if (!name.includes("hook_")) return everyLayer(name as ShortName, head.model);
    throw new InputError("--all-layers takes short names", {
      found: `"${name}"`,
      expected: "--hook post, --hook mlp_out and the like",
    });
  });
}

function summary({ target, swept, baseline }: NeuronSweepResult): SummaryPart[] {
  return [
    ...swept.flatMap(({ hook, changes, largest, attribution }): SummaryPart[] => [
      {
        caption: `The largest effects among the ${changes.length} neurons of ${hook}`,
        headings: ["neuron", "mean change", "mean |change|"],
        rows: largest
          .slice(0, LISTED)
          .map((neuron) => [neuron.index, neuron.mean_change, neuron.mean_abs_change]),
      },
      ...(attribution.correlation === null
        ? []
        : [
            phrase`their gradient approximation correlates with them by ${attribution.correlation}`,
          ]),
    ]),
    target
      ? phrase`the target, neuron ${String(target.index)} of ${target.hook}: ${target}, mean change ${target.mean_change}${target.reason ? ` (${target.reason})` : ""}`
      : "the target is not among the neurons that were patched",
    phrase`predictions unpatched: ${Math.min(...baseline.prediction)} to ${Math.max(...baseline.prediction)}`,
  ];
}
