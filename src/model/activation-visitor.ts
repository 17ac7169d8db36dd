import type * as tf from "@tensorflow/tfjs-core";

/** Sees every activation under its TransformerLens name and returns what takes its place. */
export type ActivationVisitor = <T extends tf.Tensor>(name: string, value: T) => T;
