import type { Command } from "commander";
import { writeReport } from "../report/write-report";
import { counted, type Output, oneLine } from "./output";

/** `tslens report [DIR]` */
export function reportCommand(command: Command, output: Output): void {
  command.action(async (directory: string) => {
    const { path, results, notShown } = await writeReport(directory);
    for (const { file, reason } of notShown) {
      output.note(`not shown: ${oneLine(`${file}: ${reason}`)}`);
    }
    await output.print(`wrote ${path} (${counted(results, "result")})\n`);
  });
}
