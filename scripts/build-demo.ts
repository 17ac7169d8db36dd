/** `npm run demo [-- FOLDER]`: the page of `tslens explore` as static files, for any web host. */
import { join, relative, resolve } from "node:path";
import { TslensError } from "../src/errors";
import { buildDemo } from "./demo/build";
import { savedAudits } from "./demo/saved-audits";

async function main([folder = join(__dirname, "..", "demo")]: readonly string[]): Promise<void> {
  await buildDemo(folder, await savedAudits());
  const shown = relative(process.cwd(), resolve(folder)) || ".";
  console.log(
    `${shown}/ is the page: put it on any web host, or try it by \`python3 -m http.server -d ${shown}\`.`,
  );
}

main(process.argv.slice(2)).catch((error: Error) => {
  console.error(error instanceof TslensError ? `tslens: ${error.message}` : error);
  process.exitCode = 1;
});
