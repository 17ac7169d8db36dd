import { otherInTransformerLens } from "../model/families/transformer-lens";
import type { HookedTransformer } from "../model/hooked-transformer";

/** What the reader of any result has to know of the base model. */
export function modelWarnings({ cfg, warnings }: HookedTransformer): string[] {
  const other = otherInTransformerLens(cfg);
  return other === null ? [...warnings] : [...warnings, other];
}
