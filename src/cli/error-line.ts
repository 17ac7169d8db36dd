import { CommanderError } from "commander";
import { TslensError } from "../errors";
import { oneLine } from "./output";

/** Another library's message can quote what it could not read. */
const LONGEST_UNFORESEEN = 500;

/** What the command line says of an error, in one line. */
export function lineOf(error: unknown): string {
  if (error instanceof CommanderError) {
    const message = oneLine(error.message)
      .replace(/^error: /, "")
      .replace(/\.$/, "");
    return `${message}. \`tslens --help\` and \`tslens COMMAND --help\` say what there is.`;
  }
  if (error instanceof TslensError) return oneLine(error.message);
  if (process.env.TSLENS_STACK && error instanceof Error) return String(error.stack);
  // Without its name: TypeError and RangeError say nothing to who uses this.
  const message = oneLine(error instanceof Error ? error.message : String(error));
  return `this was not foreseen: ${message.slice(0, LONGEST_UNFORESEEN)}. Please report it; TSLENS_STACK=1 shows where.`;
}
