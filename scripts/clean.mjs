// `npm run clean`: undoes set-up, and removes what the notebooks wrote.
import { readdirSync, rmSync } from "node:fs";
import { inProject, inSetup } from "./project.mjs";

const written = readdirSync(inProject("results")).filter((name) => name !== "README.md");
const folders = [
  ...written.map((name) => inProject("results", name)),
  inProject("notebooks", ".ipynb_checkpoints"),
  inProject("dist"),
  inProject("demo"),
  inSetup(),
  inProject("node_modules"),
];
for (const folder of folders) rmSync(folder, { recursive: true, force: true });
console.log(
  "Removed node_modules, dist, .tslens and what was in results; `npm start` makes them anew.",
);
