/** What is used of Node's os in a worker. */

/** Browsers say no more than this of a machine's memory; some say nothing. */
const MEMORY = 4 * 2 ** 30;

export const totalmem = (): number => MEMORY;
export const freemem = totalmem;
export const endianness = (): "LE" | "BE" =>
  new Uint8Array(Uint16Array.of(1).buffer)[0] === 1 ? "LE" : "BE";
export const hostname = (): string => "browser";
export const homedir = (): string => "/";
