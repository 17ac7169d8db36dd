/** Null hypotheses by their names in result files, in words. */
export const NULL_HYPOTHESES: Readonly<Record<string, string>> = {
  random_directions: "a random direction (exact)",
  other_neurons: "just another neuron of the layer",
  shuffled_coordinates: "the head's weights at shuffled coordinates",
  layer_covariance: "a Gaussian vector with the covariance of the layer's weights",
  signs_by_prompt: "each prompt's changes could have had the other sign",
  factors_exchangeable: "within a prompt, it does not matter how far the neuron was moved",
  clustered_t: "coefficient 0, errors robust to dependence within a prompt (t)",
  mean_zero: "prompts' slopes with mean 0 (t)",
  prompts_exchangeable: "predictions that belong to any prompt",
};
