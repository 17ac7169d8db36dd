const WIDTH = 24;

/** A bar as one line of text, e.g. `Patching ██████░░░░░░ 12 of 48 · ×0.5`. */
export function barLine(label: string, done: number, total: number, text: string): string {
  const filled = Math.round(share(done, total) * WIDTH);
  const bar = "█".repeat(filled) + "░".repeat(WIDTH - filled);
  return `${label} ${bar} ${done} of ${total}${text && ` · ${text}`}`;
}

/** The line that stays: what was done and how long it took. */
export function lastLine(
  label: string,
  done: number,
  total: number,
  seconds: number,
  text: string,
): string {
  const end = done >= total ? `${total} in` : `stopped at ${done} of ${total} after`;
  return `${label}: ${end} ${seconds.toFixed(1)} s${text && ` · ${text}`}`;
}

function share(done: number, total: number): number {
  return total > 0 ? Math.min(Math.max(done / total, 0), 1) : 1;
}
