import { existsSync, rmSync } from "node:fs";
import { filesUnder, inProject, typescriptCompiler } from "../project.mjs";
import { lastLines, runLogged } from "./command.mjs";
import { hashOf, stamp, stampOf } from "./stamp.mjs";
import { SetupProblem } from "./steps.mjs";

const sourceHash = () =>
  hashOf([
    ...[inProject("tsconfig.json"), inProject("scripts", "build-page.mjs")],
    ...filesUnder(inProject("src"), ".ts"),
    ...[".tsx", ".css", ".html", ".svg"].flatMap((ending) => filesUnder(inProject("src"), ending)),
  ]);

export function libraryIsCompiled() {
  return existsSync(inProject("dist", "index.js")) && stampOf("library") === sourceHash();
}

/**
 * Compiles src/ into dist/, where the notebooks find it.
 * @returns {Promise<string>}
 */
export async function compileLibrary() {
  const hash = sourceHash();
  // A file left from a source that is gone could still be imported.
  rmSync(inProject("dist"), { recursive: true, force: true });
  // In a process of its own: before packages are installed there is no bundler to import.
  for (const script of [
    [typescriptCompiler, "-p", "tsconfig.json"],
    [inProject("scripts", "build-page.mjs")],
  ]) {
    const { succeeded, output } = await runLogged("library", process.execPath, script);
    if (!succeeded) throw new SetupProblem(`src/ does not compile:\n${lastLines(output, 20)}`);
  }
  stamp("library", hash);
  return "compiled from TypeScript";
}
