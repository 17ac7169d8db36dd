import { CheckpointError } from "../errors";
import { DTYPES } from "./dtypes";
import { quoted } from "./quoted";
import type { TensorSource } from "./tensor-source";

/** What an error says of a tensor that its file holds and that tslens does not read. */
export function unreadableTensor(file: string, name: string, kind: string): CheckpointError {
  return new CheckpointError(`tensor ${quoted(name)} is of a kind that is not supported`, {
    file,
    found: kind,
    expected: `a dense tensor of ${DTYPES.join(", ")}`,
    remedy: "Save tensor.resolve_conj().resolve_neg().to_dense().float() instead.",
  });
}

/**
 * A source of which something can be read: what cannot matters only if it is asked for.
 *
 * @throws CheckpointError if all its tensors are of kinds that are not supported.
 */
export function withReadable(source: TensorSource): TensorSource {
  const [first] = source.unreadable;
  if (source.names.length > 0 || !first) return source;
  source.close();
  throw unreadableTensor(source.path, ...first);
}
