import { lineOf } from "./error-line";
import { runCli } from "./run-cli";
import { standardOutput } from "./standard-output";

// The native tensor library's packages use functions that newer Nodes announce the end of; an error
// of ours is one line on stderr, and nothing beside it.
process.noDeprecation = true;

// What a library throws outside of any call of ours would be shown with its stack.
process.on("uncaughtException", (error) => {
  process.stderr.write(`tslens: ${lineOf(error)}\n`);
  process.exit(1);
});

runCli(process.argv.slice(2), standardOutput()).then((code) => {
  // Not process.exit(): a pipe may still be reading.
  process.exitCode = code;
});
