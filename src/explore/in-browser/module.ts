/** What is used of Node's module in a worker, where no package has a folder. */
export function createRequire() {
  return { resolve: { paths: (): string[] => [] } };
}
