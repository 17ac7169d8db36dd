import { type BoundHead, bindHead } from "../../heads/bind-head";

/**
 * A classification head without bins predicts a class's number, in steps. Here it predicts the expected one
 * under its softmax: bins of width 1 around 0, 1, 2 …
 */
export function withClassIndices(head: BoundHead): BoundHead {
  const { files, model, path } = head;
  const { config } = files;
  if (config.headType !== "classification" || config.binEdges) return head;
  const binEdges = Array.from({ length: config.head.numClasses + 1 }, (_, i) => i - 0.5);
  return bindHead({ ...files, config: { ...config, binEdges } }, model, { path });
}
