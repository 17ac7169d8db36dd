import { DatabaseError } from "../errors";

/**
 * Loads a package that only studies need, and that may have been left out of an installation.
 *
 * @throws DatabaseError if it is not there.
 */
export async function optionalPackage<T>(name: string, load: () => Promise<T>): Promise<T> {
  try {
    return await load();
  } catch (cause) {
    const { code } = cause as NodeJS.ErrnoException;
    if (code !== "ERR_MODULE_NOT_FOUND" && code !== "MODULE_NOT_FOUND") throw cause;
    throw new DatabaseError(`the package ${name}, which studies need, is not installed`, {
      remedy: "Install it with `npm install --include=optional --ignore-scripts`.",
      cause,
    });
  }
}
