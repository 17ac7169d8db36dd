/** Rows of a batch for a processor: more make no batch faster, but its activations leave the caches. */
export const PROCESSOR_ROWS = 1024;
