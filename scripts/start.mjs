// `npm start [-- --model-dir DIR …]`: set-up, then the notebooks about one head. The one that trains and
// compares many takes minutes: `npm run lab`, or `npm run notebooks`.
import { runNotebooks } from "./run-notebooks.mjs";
import { setUp } from "./setup.mjs";

const OF_ONE_HEAD = ["linear_weights_analysis", "activation_patching"];

const given = process.argv.slice(2);
const isPlain = given.every((arg) => arg === "--no-browser");
await setUp();
process.exitCode = (await runNotebooks(isPlain ? [...OF_ONE_HEAD, ...given] : given)) ? 0 : 1;
