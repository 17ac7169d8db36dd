import type { Command } from "commander";
import { writeReport } from "../report/write-report";
import { counted, type Output, oneLine } from "./output";

/** `tslens report [DIR]` */
export function reportCommand(tslens: Command, output: Output): void {
  tslens
    .command("report")
    .description(
      "Writes index.html (in a study's folder report.html) into a folder of results: every head, its numbers and figures.",
    )
    .argument("[dir]", "the folder that holds the results", "results")
    .action(async (directory: string) => {
      const { path, results, notShown } = await writeReport(directory);
      for (const { file, reason } of notShown) {
        output.note(`not shown: ${oneLine(`${file}: ${reason}`)}`);
      }
      await output.print(`wrote ${path} (${counted(results, "result")})\n`);
    });
}
