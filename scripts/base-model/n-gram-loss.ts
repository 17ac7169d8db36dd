/** How well counting alone predicts the next token: the yardsticks of the model card. */

const MIXTURES = [0.5, 0.6, 0.7, 0.8, 0.9, 0.95];

/** Mean loss in nats of each token by its frequency in the training text (add-one smoothing). */
export function unigramLoss(train: Int32Array, heldOut: Int32Array, d_vocab: number): number {
  const probability = unigram(train, d_vocab);
  let loss = 0;
  for (let i = 1; i < heldOut.length; i++) loss -= Math.log(probability[heldOut[i]]);
  return loss / (heldOut.length - 1);
}

/**
 * Mean loss in nats by how often a token follows the one before, mixed with the unigram; the best of
 * several mixtures on the held-out text itself, which favours the yardstick.
 */
export function bigramLoss(train: Int32Array, heldOut: Int32Array, d_vocab: number): number {
  const single = unigram(train, d_vocab);
  const firsts = new Float64Array(d_vocab);
  const pairs = new Map<number, number>();
  for (let i = 0; i + 1 < train.length; i++) {
    firsts[train[i]]++;
    const pair = train[i] * d_vocab + train[i + 1];
    pairs.set(pair, (pairs.get(pair) ?? 0) + 1);
  }
  const losses = MIXTURES.map((share) => {
    let loss = 0;
    for (let i = 0; i + 1 < heldOut.length; i++) {
      const [first, second] = [heldOut[i], heldOut[i + 1]];
      const seen = pairs.get(first * d_vocab + second) ?? 0;
      const followed = firsts[first] > 0 ? seen / firsts[first] : 0;
      loss -= Math.log(share * followed + (1 - share) * single[second]);
    }
    return loss / (heldOut.length - 1);
  });
  return Math.min(...losses);
}

function unigram(train: Int32Array, d_vocab: number): Float64Array {
  const counts = new Float64Array(d_vocab).fill(1);
  for (const token of train) counts[token]++;
  return counts.map((count) => count / (train.length + d_vocab));
}
