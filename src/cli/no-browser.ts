import type { Command } from "commander";

/**
 * Gives a command that draws figures the option `--no-browser`: HTML and JSON are written, pictures are
 * left out. It does what the environment variable `TSLENS_NO_BROWSER` does.
 */
export function addNoBrowser(command: Command): void {
  command
    .option("--no-browser", "start no browser: figures as HTML and JSON, without pictures")
    .hook("preAction", () => {
      if (command.opts().browser === false) process.env.TSLENS_NO_BROWSER = "1";
    });
}
