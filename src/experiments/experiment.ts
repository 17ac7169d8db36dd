import type { z } from "zod";
import type { FigureOptions } from "../figures/figure-options";
import type { BoundHead } from "../heads/bind-head";
import type { Prompt } from "../heads/measured-prompts";
import type { HeadResult } from "../results/head-result";
import type { KeyNumber } from "../results/key-number";
import type { Cell, Fact } from "../text/cell";
import type { Finding } from "./finding";

/**
 * What is measured of a head, from its command's options to its figures. Command line, schemas, result
 * files, results page and exports follow from it.
 *
 * (Methods, since a list of experiments holds them without knowing their results.)
 */
export interface Experiment<Name extends string = string, Result extends HeadResult = HeadResult> {
  /** First part of its result files' names, such as "activation_patching". */
  readonly name: Name;
  /** Where it stands among the others: lower is read first. */
  readonly order: number;
  /** What a result says, in a line. */
  readonly title: string;
  /** What a result is checked by: its type, its JSON Schema and its documentation. */
  readonly schema: z.ZodType<Result>;
  /** Where its result says in a sentence what was found, such as `because.0`. */
  readonly headline?: string;
  /** Where it says so in a word or two, such as `verdict`. */
  readonly verdict?: string;
  /** What was found, as far as tests and controls bear it out: said before any table. */
  findings?(result: Result): readonly Finding[];
  /** What a reader wants to see first of a result, in that order. */
  readonly keyNumbers: readonly KeyNumber[];
  readonly command: ExperimentCommand<Result>;
  /** Its figures by file name. */
  figures(result: Result, options?: Pick<FigureOptions, "size">): object;
  /** How many marks the figures draw, where that can be many: a page refuses too many. */
  points?(result: Result): number;
}

/** What `tslens --help` says of a command: in a file of its own, with which nothing else is loaded. */
export interface AboutCommand {
  readonly name: string;
  readonly description: string;
}

/** An experiment's command, beside what all of them have: `--base`, `--prompts`, `--out` and so on. */
export interface ExperimentCommand<Result> extends AboutCommand {
  /** Where its prompts are not simply what it is run on, by `--prompts`. */
  readonly prompts?: {
    /** `--texts`, where they are called so. */
    readonly option?: string;
    readonly are: string;
    readonly otherwise?: string;
  };
  readonly options?: readonly CommandOption[];
  /** Whether it makes random draws, so that there is a seed to give. */
  readonly isRandom?: boolean;
  /**
   * Reads its own options.
   *
   * @returns what then runs the experiment
   * @throws InputError if one cannot be used
   */
  prepare(options: Readonly<Record<string, unknown>>): Run<Result>;
  /** What is printed without `--json`. */
  summary(result: Result): SummaryPart[];
  /** For one that can be stopped and keeps what is done: how far it is; null when it is complete. */
  unfinished?(result: Result): Unfinished | null;
}

/** Runs an experiment with the options that all have. */
export type Run<Result> = (head: BoundHead, options: SharedOptions) => Promise<Result>;

export interface SharedOptions {
  /** Those of `--prompts`; undefined if it was not given. */
  readonly prompts?: readonly Prompt[];
  readonly prependBos?: boolean;
  readonly seed?: number;
  /** Stops an experiment that keeps what is done. */
  readonly signal?: AbortSignal;
}

export interface CommandOption {
  /** As commander has them: `--factors <list>`. */
  readonly flags: string;
  readonly help: string;
  readonly value?: string;
  /** Whether it may be given more than once; it is a list then. */
  readonly repeats?: boolean;
}

/** A table, facts a line each, or a line. */
export type SummaryPart = SummaryTable | readonly Fact[] | Cell;

export interface SummaryTable {
  readonly caption: string;
  readonly headings: readonly string[];
  readonly rows: readonly (readonly Cell[])[];
}

export interface Unfinished {
  /** Such as "the sweep". */
  readonly what: string;
  /** Such as "3 of 640 neurons done". */
  readonly done: string;
  /** Whether there is nothing to keep. */
  readonly isEmpty: boolean;
}

/** What marks an experiment among the exports of its folder. */
const EXPERIMENT = Symbol("experiment");

export type Defined<E> = E & { readonly [EXPERIMENT]: true };

/**
 * Makes an experiment known: its folder exports it, and one line in `experiments/all.ts` names the folder.
 */
export function defineExperiment<Name extends string, Result extends HeadResult>(
  experiment: Experiment<Name, Result>,
): Defined<Experiment<Name, Result>> {
  return Object.assign(experiment, { [EXPERIMENT]: true as const });
}

export function isExperiment(value: unknown): value is Defined<Experiment> {
  return typeof value === "object" && value !== null && EXPERIMENT in value;
}
