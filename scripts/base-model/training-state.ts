import { existsSync, mkdirSync, readFileSync, renameSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { deserialize, serialize } from "node:v8";

/** Outside version control: the state of a training run, kept so that it can go on. */
const FOLDER = join(__dirname, "..", "..", ".tslens", "base-model-training");
const STATE_FILE = join(FOLDER, "state.v8");
const LOG_FILE = join(FOLDER, "log.jsonl");

export interface SavedTensor {
  readonly name: string;
  readonly shape: number[];
  readonly data: Float32Array;
}

export interface TrainingState {
  /** Steps done. */
  readonly step: number;
  /** Weights under their Hugging Face names. */
  readonly model: readonly SavedTensor[];
  /** Adam's accumulators, as tfjs names them. */
  readonly optimizer: readonly SavedTensor[];
}

/** What is noted every so many steps. Losses are nats per token. */
export interface LogEntry {
  readonly step: number;
  readonly trainLoss: number;
  readonly validationLoss: number;
  readonly secondsPerStep: number;
}

/** The last saved state, null if there is none. */
export function readState(): TrainingState | null {
  return existsSync(STATE_FILE) ? deserialize(readFileSync(STATE_FILE)) : null;
}

/** Replaces the saved state as a whole. */
export function writeState(state: TrainingState): void {
  mkdirSync(FOLDER, { recursive: true });
  writeFileSync(`${STATE_FILE}.tmp`, serialize(state));
  renameSync(`${STATE_FILE}.tmp`, STATE_FILE);
}

export function appendLog(entry: LogEntry): void {
  mkdirSync(FOLDER, { recursive: true });
  writeFileSync(LOG_FILE, `${JSON.stringify(entry)}\n`, { flag: "a" });
}

export function readLog(): LogEntry[] {
  return readFileSync(LOG_FILE, "utf8")
    .trim()
    .split("\n")
    .map((line) => JSON.parse(line));
}
