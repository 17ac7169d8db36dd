/** What every result says: of which head it is. */
export interface HeadResult {
  readonly model_path: string;
  readonly head_type: string;
  readonly target_layer: number;
  readonly target_neuron: number;
  readonly layer_type: string;
  readonly timestamp: string;
  readonly warnings: readonly string[];
}
