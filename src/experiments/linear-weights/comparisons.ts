import type { SeriesKind } from "../../figures/colours";
import type { SimilarityTest } from "./similarity-evidence";

/** How a comparison is called, in a table and where there is little room, and its colour. */
interface ShownComparison {
  readonly label: string;
  readonly short: string;
  readonly kind: SeriesKind;
}

/** What a head's vectors are compared with. */
export const COMPARISONS: Readonly<Record<SimilarityTest["comparison"], ShownComparison>> = {
  input: { label: "MLP input weights W_in[:, n]", short: "W_in[:, n]", kind: "mlp_input" },
  output: { label: "MLP output weights W_out[n, :]", short: "W_out[n, :]", kind: "mlp_output" },
  gate: { label: "MLP gate weights W_gate[:, n]", short: "W_gate[:, n]", kind: "mlp_gate" },
  basis_vector: { label: "basis vector e_n", short: "e_n", kind: "basis" },
  read_direction: {
    label: "read direction W_in @ W_out[:, n]",
    short: "W_in @ W_out[:, n]",
    kind: "read_direction",
  },
  gate_read_direction: {
    label: "read direction W_gate @ W_out[:, n]",
    short: "W_gate @ W_out[:, n]",
    kind: "gate_read_direction",
  },
};
