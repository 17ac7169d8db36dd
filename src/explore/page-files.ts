import { readFileSync } from "node:fs";
import { join } from "node:path";
import { TslensError } from "../errors";

/** Where `npm run build` puts the page, from `src/explore` as from `dist/explore`. */
const BUILT = join(__dirname, "..", "..", "dist", "explore", "page");

/** A file of the page, as it is served. */
export interface PageFile {
  readonly type: string;
  readonly content: Buffer;
}

/**
 * The page's files by their paths; nothing else is ever served.
 *
 * @throws TslensError if it was not built.
 */
export function pageFiles(): ReadonlyMap<string, PageFile> {
  const file = (type: string, path: string): PageFile => {
    try {
      return { type, content: readFileSync(path) };
    } catch (cause) {
      throw new TslensError("the page of `tslens explore` is not built", {
        file: path,
        found: (cause as NodeJS.ErrnoException).code,
        remedy: "Run `npm run setup` in the tslens folder.",
        cause,
      });
    }
  };
  const built = (type: string, name: string) => file(`${type}; charset=utf-8`, join(BUILT, name));
  return new Map([
    ["/", built("text/html", "index.html")],
    ["/page.js", built("text/javascript", "page.js")],
    ["/page.css", built("text/css", "page.css")],
    ["/icon.svg", built("image/svg+xml", "icon.svg")],
    [
      "/plotly.js",
      file("text/javascript; charset=utf-8", require.resolve("plotly.js-cartesian-dist-min")),
    ],
  ]);
}
