/** How a number looks between blue and orange, with the paper's own colour at 0. */
export interface Tint {
  /** CSS's own properties: how much of which colour. */
  readonly [property: `--${string}`]: string;
}

/** @param largest the magnitude that has the full colour */
export function tint(value: number, largest: number, name: "activation" | "prediction"): Tint {
  const share = largest === 0 ? 0 : Math.min(Math.abs(value) / largest, 1);
  const colour = value < 0 ? "var(--below)" : "var(--above)";
  return {
    [`--${name}`]: `color-mix(in srgb, ${colour} ${(100 * share).toFixed(1)}%, var(--zero))`,
  };
}
