#!/usr/bin/env node
const { existsSync } = require("node:fs");
const { join } = require("node:path");

const main = join(__dirname, "..", "dist", "cli", "main.js");
if (existsSync(main)) {
  require(main);
} else {
  console.error(
    "tslens: the library is not compiled yet. Run `npm run setup` in the tslens folder.",
  );
  process.exitCode = 1;
}
