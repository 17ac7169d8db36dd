import { createReadStream, createWriteStream, existsSync, readFileSync } from "node:fs";
import { mkdir, rename, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { pipeline } from "node:stream/promises";
import { createBrotliDecompress } from "node:zlib";
import { FigureError } from "../errors";
import { discard, temporaryName } from "../files/temporary";
import { escapeHtml } from "../text/escape-html";
import { cacheFolder } from "./cache-folder";
import type { BrowserProgram } from "./find-browser";

const CHUNK = 2 ** 21;

/**
 * Fonts for a machine that has none: the package's Open Sans, then whatever the system has (for
 * scripts that Open Sans lacks).
 */
function fontsConf(folder: string): string {
  return `<?xml version="1.0"?>
<!DOCTYPE fontconfig SYSTEM "fonts.dtd">
<fontconfig>
  <dir prefix="relative">fonts</dir>
  <dir>/usr/share/fonts</dir>
  <dir>/usr/local/share/fonts</dir>
  <cachedir>${escapeHtml(join(folder, "font-cache"))}</cachedir>
</fontconfig>
`;
}

/** Whether the npm package with a headless Chromium in it can run here. */
export function hasBundledChromium(): boolean {
  return process.platform === "linux" && process.arch === "x64" && packageFolder() !== null;
}

/**
 * The Chromium that came with npm (`@sparticuz/chromium`: Linux, x64), unpacked once into the cache
 * folder. It brings its own libraries and fonts, so that it also starts where the system has none.
 *
 * The package's own `executablePath()` is not used: it unpacks among the system's temporary files
 * and runs whatever is called `chromium` there.
 *
 * @throws {FigureError} when it cannot be unpacked
 */
export async function bundledChromium(): Promise<BrowserProgram> {
  const source = packageFolder();
  if (source === null) throw new FigureError("@sparticuz/chromium is not installed");
  const { version } = JSON.parse(readFileSync(join(source, "package.json"), "utf8"));
  const cache = await cacheFolder("chromium");
  const folder = join(cache, version);
  if (!existsSync(folder)) await unpack(join(source, "bin"), folder);
  return {
    name: `Chromium of @sparticuz/chromium ${version}`,
    executablePath: join(folder, "chromium"),
    env: {
      FONTCONFIG_FILE: join(folder, "fonts.conf"),
      LD_LIBRARY_PATH: [join(folder, "lib"), process.env.LD_LIBRARY_PATH].filter(Boolean).join(":"),
    },
  };
}

/** Unpacks beside its place and moves it there whole: two kernels may do this at once. */
async function unpack(bin: string, folder: string): Promise<void> {
  const part = temporaryName(dirname(folder));
  try {
    await mkdir(part, { mode: 0o700 });
    const { extract } = await import("tar-fs");
    const plain = () => createBrotliDecompress({ chunkSize: CHUNK });
    const parts = await Promise.allSettled([
      pipeline(
        createReadStream(join(bin, "chromium.br"), { highWaterMark: CHUNK }),
        plain(),
        createWriteStream(join(part, "chromium"), { mode: 0o755 }),
      ),
      // Holds lib/.
      pipeline(createReadStream(join(bin, "al2023.tar.br")), plain(), extract(part)),
      // Holds fonts/ and a fonts.conf for another system.
      pipeline(createReadStream(join(bin, "fonts.tar.br")), plain(), extract(part)),
    ]);
    // Only when nobody writes there any more can the rest of a failure be removed.
    const failed = parts.find((one) => one.status === "rejected");
    if (failed) throw failed.reason;
    await writeFile(join(part, "fonts.conf"), fontsConf(folder));
    await rename(part, folder);
  } catch (cause) {
    if (existsSync(folder)) return;
    throw new FigureError("The bundled Chromium cannot be unpacked", {
      file: folder,
      found: (cause as Error).message,
      expected: "about 200 MB of space in a folder that can be written",
      remedy: "Set TSLENS_CACHE to another folder, or TSLENS_BROWSER to an installed browser.",
      cause,
    });
  } finally {
    discard(part);
  }
}

function packageFolder(): string | null {
  try {
    let folder = dirname(require.resolve("@sparticuz/chromium"));
    while (!existsSync(join(folder, "bin", "chromium.br"))) {
      const parent = dirname(folder);
      if (parent === folder) return null;
      folder = parent;
    }
    return folder;
  } catch {
    return null;
  }
}
