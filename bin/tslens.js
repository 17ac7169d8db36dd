#!/usr/bin/env node
const { existsSync } = require("node:fs");
const { enableCompileCache } = require("node:module");
const { join } = require("node:path");

const project = join(__dirname, "..");
// From Node 22 on what is compiled once is kept; where the folder cannot be written it is not.
enableCompileCache?.(join(project, ".tslens", "compiled"));

const main = join(project, "dist", "cli", "main.js");
if (existsSync(main)) {
  require(main);
} else {
  console.error(
    "tslens: the library is not compiled yet. Run `npm run setup` in the tslens folder.",
  );
  process.exitCode = 1;
}
