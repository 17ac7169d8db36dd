import type { TensorSource } from "./tensor-source";

/** The attributes in which DataParallel, torch.compile, FSDP, Lightning and Opacus keep the module that they wrap. */
const WRAPPERS = new Set([
  "module",
  "_orig_mod",
  "_fsdp_wrapped_module",
  "_fpw_module",
  "_checkpoint_wrapped_module",
  "_forward_module",
  "_module",
]);

/**
 * The same tensors under the names that they have without wrappers, wherever in a name those stand:
 * `module._orig_mod.output.weight` and `hidden._orig_mod.weight` become `output.weight` and `hidden.weight`. Where two
 * tensors would get one name, all keep theirs.
 */
export function withoutWrappers(source: TensorSource): TensorSource {
  return renamedSource(source, (name) => {
    const parts = name.split(".");
    return parts.filter((part, i) => i === parts.length - 1 || !WRAPPERS.has(part)).join(".");
  });
}

/** The same tensors under other names; as they are where two would get one name. */
export function renamedSource(
  source: TensorSource,
  rename: (name: string) => string,
): TensorSource {
  const all = [...source.names, ...source.unreadable.keys()];
  const before = new Map(all.map((name) => [rename(name), name]));
  const isSame = [...before].every(([name, original]) => name === original);
  if (isSame || before.size < all.length) return source;
  return {
    path: source.path,
    names: source.names.map(rename),
    unreadable: new Map([...source.unreadable].map(([name, kind]) => [rename(name), kind])),
    info: (name) => source.info(before.get(name) ?? name),
    read: (name, floats) => source.read(before.get(name) ?? name, floats),
    close: () => source.close(),
  };
}
