// `npm run notebooks`: executes the notebooks and puts the executed copies, with their outputs, in
// place of the committed ones. For whoever changes a notebook or what it shows.
import { copyFileSync } from "node:fs";
import { filesUnder, inProject } from "./project.mjs";
import { runNotebooks, usualCopy } from "./run-notebooks.mjs";
import { setUp } from "./setup.mjs";

await setUp();
if (await runNotebooks([])) {
  for (const notebook of filesUnder(inProject("notebooks"), ".ipynb")) {
    const copy = usualCopy(notebook, inProject("results", "notebooks"));
    if (copy) copyFileSync(copy, notebook);
  }
} else {
  process.exitCode = 1;
}
