import type { Command } from "commander";

/**
 * Gives commands that draw figures the option `--no-browser`: HTML and JSON are written, pictures are
 * left out. It does what the environment variable `TSLENS_NO_BROWSER` does.
 */
export function addNoBrowser(commands: readonly Command[]): void {
  for (const command of commands) {
    command
      .option("--no-browser", "start no browser: figures as HTML and JSON, without pictures")
      .hook("preAction", () => {
        if (command.opts().browser === false) process.env.TSLENS_NO_BROWSER = "1";
      });
  }
}
