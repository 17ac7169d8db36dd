import { execFileSync } from "node:child_process";
import { join } from "node:path";

/** A Python that has these packages: `TSLENS_PYTHON`, the project's own, or the one on the PATH. */
export function pythonWith(...packages: string[]): string | undefined {
  const own = join(__dirname, "..", ".tslens", "venv", "bin", "python");
  return [process.env.TSLENS_PYTHON, own, "python3"].find((python) => {
    try {
      const code = packages.map((name) => `import ${name}`).join("\n");
      execFileSync(python!, ["-c", code], { stdio: "ignore" });
      return true;
    } catch {
      return false;
    }
  });
}
