import { Command, CommanderError } from "commander";
import { distance } from "fastest-levenshtein";
import { quoted } from "../checkpoints/quoted";
import { TslensError } from "../errors";
import { VERSION } from "../version";
import { COMMANDS } from "./commands";
import { lineOf } from "./error-line";
import { addNoBrowser } from "./no-browser";
import type { Output } from "./output";

/**
 * Runs the command line.
 *
 * @param args what stands after `tslens`
 * @returns the exit code: 0, or 1 after one line on stderr
 */
export async function runCli(args: readonly string[], output: Output): Promise<number> {
  try {
    await program(output).parseAsync([...args], { from: "user" });
    return 0;
  } catch (error) {
    if (error instanceof CommanderError && error.exitCode === 0) return 0;
    output.note(`tslens: ${lineOf(error)}`);
    return 1;
  }
}

function program(output: Output): Command {
  const tslens = new Command("tslens")
    .description(
      "Opens a trained activation prediction head (GPT-2, Pythia, Llama, Qwen, Gemma and others), compares its weights with the neuron's own, and patches the neuron to see what the prediction depends on.",
    )
    .version(VERSION)
    .helpCommand(false)
    .configureOutput({
      writeOut: (text) => void output.print(text),
      // Commander's errors are caught in runCli, which writes them as one line.
      writeErr() {},
      outputError() {},
    })
    // The options of a command are not known here; every command has some.
    .configureHelp({ subcommandTerm: (command) => `${command.name()} ${command.usage()}` })
    .exitOverride();
  // Subcommands take over the settings above, not those below.
  for (const { name, description, argument } of COMMANDS) {
    const command = tslens.command(name).description(description);
    if (argument) command.argument(...argument);
  }
  // The libraries of all commands take longer to load than most commands to run: only those of the one
  // that was named, before the rest of the line is read.
  tslens.hook("preSubcommand", (_, command) => {
    const row = COMMANDS.find(({ name }) => name === command.name())!;
    row.add(command, output);
    if (row.draws) addNoBrowser(command);
  });
  return tslens.allowExcessArguments().action(() => {
    const [unknown] = tslens.args;
    const names = tslens.commands.map((command) => command.name());
    const meant = unknown === undefined ? undefined : nearest(unknown, names);
    const suggestion = meant === undefined ? "" : `Did you mean \`tslens ${meant}\`? `;
    throw new TslensError(unknown === undefined ? "no command" : "there is no such command", {
      found: unknown === undefined ? undefined : quoted(unknown),
      expected: names.join(", "),
      remedy: `${suggestion}\`tslens --help\` says what they do.`,
    });
  });
}

/** A slip of the finger is one or two letters. */
const MOST_SLIPS = 2;

/** The name that was probably meant: a few letters off, or longer than what was typed of it. */
function nearest(typed: string, names: readonly string[]): string | undefined {
  const plain = typed.toLowerCase().replaceAll("_", "-");
  const slips = (name: string) =>
    plain !== "" && name.startsWith(plain) ? 0 : distance(plain.slice(0, 2 * name.length), name);
  const [name] = [...names].sort((a, b) => slips(a) - slips(b));
  // Of a short word, half would be others.
  return name !== undefined && slips(name) <= Math.min(MOST_SLIPS, plain.length / 2)
    ? name
    : undefined;
}
