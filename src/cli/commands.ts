import type { Command } from "commander";
import { about as patch } from "../experiments/activation-patching/about";
import { about as audit } from "../experiments/audit/about";
import type { AboutCommand, Experiment } from "../experiments/experiment";
import { about as weights } from "../experiments/linear-weights/about";
import { about as sweep } from "../experiments/neuron-sweep/about";
import type { ResultName } from "../experiments/registry";
import { notebookNames } from "./notebook-names";
import type { Output } from "./output";

/** What is known of a command before it is named. */
export interface CommandRow extends AboutCommand {
  /** As commander has it: how it is written, what it is, its default. */
  readonly argument?: readonly [flags: string, description: string, value?: string];
  /** Whether it makes pictures of figures. */
  readonly draws?: boolean;
  /** Loads what the command needs, and adds its options and what it does. */
  add(command: Command, output: Output): void;
}

const BASE_MODEL = [
  "<base>",
  "the base model: a Hugging Face folder, or a name in models/ or on the hub",
] as const;

/** Every command, in the order in which `tslens --help` names them. */
export const COMMANDS: readonly CommandRow[] = [
  {
    name: "inspect",
    description:
      "Shows the tensors in a file, a trained head's directory or a base model's folder.",
    argument: [
      "<path>",
      "a .pt, .bin or .safetensors file, a run directory, or a folder with config.json",
    ],
    add: (...to) => (require("./inspect") as typeof import("./inspect")).inspectCommand(...to),
  },
  {
    name: "activations",
    description: "Runs a base model once and writes its activations and logits.",
    argument: BASE_MODEL,
    add: (...to) =>
      (require("./activations") as typeof import("./activations")).activationsCommand(...to),
  },
  {
    name: "verify",
    description:
      "Checks a base model's numbers on this machine: processed against raw weights, patched runs against full ones, and a reference that Python wrote.",
    argument: BASE_MODEL,
    add: (...to) => (require("./verify") as typeof import("./verify")).verifyCommand(...to),
  },
  experiment(
    audit,
    () =>
      (require("../experiments/audit") as typeof import("../experiments/audit")).auditExperiment,
  ),
  experiment(
    weights,
    () =>
      (require("../experiments/linear-weights") as typeof import("../experiments/linear-weights"))
        .linearWeightsExperiment,
  ),
  experiment(
    patch,
    () =>
      (
        require("../experiments/activation-patching") as typeof import("../experiments/activation-patching")
      ).activationPatchingExperiment,
  ),
  experiment(
    sweep,
    () =>
      (require("../experiments/neuron-sweep") as typeof import("../experiments/neuron-sweep"))
        .neuronSweepExperiment,
  ),
  {
    name: "study",
    description: "Audits every head under some folders, and compares them in one table.",
    argument: ["<dir...>", "folders with training runs, at any depth"],
    add: (...to) => (require("./study") as typeof import("./study")).studyCommand(...to),
  },
  {
    name: "worker",
    description: "Audits heads for studies that share a database, until it is stopped.",
    add: (...to) => (require("./study") as typeof import("./study")).workerCommand(...to),
  },
  {
    name: "explore",
    description:
      "A local page: a prompt token by token, a slider for the neuron, which neurons matter, the best examples.",
    argument: [
      "[model-dir]",
      "a training run's directory, or a folder with some (default: the heads that come with tslens)",
    ],
    add: (...to) => (require("./explore") as typeof import("./explore")).exploreCommand(...to),
  },
  {
    name: "train-head",
    description: "Trains a head that predicts one neuron, and writes it as a run directory.",
    add: (...to) =>
      (require("./train-head") as typeof import("./train-head")).trainHeadCommand(...to),
  },
  {
    name: "notebook",
    description: "Executes one of the notebooks on another head.",
    argument: ["<name>", notebookNames().join(" or ")],
    draws: true,
    add: (...to) => (require("./notebook") as typeof import("./notebook")).notebookCommand(...to),
  },
  {
    name: "report",
    description:
      "Writes index.html (in a study's folder report.html) into a folder of results: every head, its numbers and figures.",
    argument: ["[dir]", "the folder that holds the results", "results"],
    add: (...to) => (require("./report") as typeof import("./report")).reportCommand(...to),
  },
];

function experiment(about: AboutCommand, load: () => Experiment<ResultName>): CommandRow {
  return {
    ...about,
    argument: ["<model-dir>", "a training run's directory, or the folder with head.pt"],
    draws: true,
    add(command, output) {
      const { experimentCommand } =
        require("./experiment-command") as typeof import("./experiment-command");
      experimentCommand(command, load(), output);
    },
  };
}
