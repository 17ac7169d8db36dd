// As where the package has no binary for the system.
const Module = /** @type {any} */ (require("node:module"));
const load = Module._load;
Module._load = (/** @type {string} */ request, /** @type {unknown[]} */ ...rest) => {
  if (request === "koffi") throw new Error("Cannot find the native Koffi module");
  return load(request, ...rest);
};
