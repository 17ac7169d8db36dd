// `npm start [-- --model-dir DIR …]`: set-up, then the notebooks.
import { runNotebooks } from "./run-notebooks.mjs";
import { setUp } from "./setup.mjs";

await setUp();
process.exitCode = (await runNotebooks(process.argv.slice(2))) ? 0 : 1;
