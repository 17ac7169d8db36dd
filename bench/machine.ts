import { cpus, loadavg, totalmem } from "node:os";
import { libraryVersions } from "../src/analysis/library-versions";
import { VERSION } from "../src/version";

/** When and on what was measured; the first line of `npm run bench`. */
export interface Machine {
  /** Year, month and day. */
  readonly date: string;
  readonly processor: string;
  readonly cores: number;
  readonly memory_gb: number;
  /** Of the minute before: other programs that keep the cores busy spread the numbers. */
  readonly load: number;
  readonly node: string;
  readonly tslens: string;
  readonly libraries: Readonly<Record<string, string>>;
}

export function machine(): Machine {
  return {
    date: new Date().toISOString().slice(0, 10),
    processor: cpus()[0].model,
    cores: cpus().length,
    memory_gb: Math.round(totalmem() / 1e9),
    load: Number(loadavg()[0].toFixed(1)),
    node: process.version,
    tslens: VERSION,
    libraries: libraryVersions(),
  };
}

export function inWords(all: Machine): string {
  const { date, processor, cores, memory_gb, load, node, tslens, libraries } = all;
  const native = libraries["@tensorflow/tfjs-node"] ?? "not there";
  return `${date}, ${cores} cores of ${processor}, ${memory_gb} GB, load ${load}; tslens ${tslens}, Node ${node}, tfjs-node ${native}\n`;
}
