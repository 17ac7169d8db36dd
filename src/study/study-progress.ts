import type { Progress } from "../progress/progress";

/** How far a study is, for one bar over all heads: rate, time left, failures so far. */
export class StudyProgress {
  private doneNow = 0;
  private failures = 0;
  private readonly started = performance.now();

  /**
   * @param total all heads
   * @param before those that were done before this study was started; no rate is made of them
   */
  constructor(
    private readonly total: number,
    private readonly before: number,
  ) {}

  done(): void {
    this.doneNow++;
  }

  failed(): void {
    this.failures++;
  }

  show(bar: Progress | undefined): void {
    bar?.update(this.before + this.doneNow + this.failures, this.text());
  }

  /** `3.2 heads/s, 2 min left, 1 failed` */
  text(now = performance.now()): string {
    const seconds = (now - this.started) / 1000;
    const ended = this.doneNow + this.failures;
    const parts: string[] = [];
    if (ended > 0 && seconds > 0) {
      const left = this.total - this.before - ended;
      parts.push(rateText(ended / seconds), `${durationText((left * seconds) / ended)} left`);
    }
    if (this.failures > 0) parts.push(`${this.failures} failed`);
    return parts.join(", ");
  }
}

/** Of slow heads, how long one takes. */
function rateText(perSecond: number): string {
  if (perSecond >= 1) return `${perSecond.toFixed(1)} heads/s`;
  return `${(1 / perSecond).toFixed(1)} s/head`;
}

function durationText(seconds: number): string {
  if (seconds < 90) return `${Math.ceil(seconds)} s`;
  if (seconds < 90 * 60) return `${Math.ceil(seconds / 60)} min`;
  return `${(seconds / 3600).toFixed(1)} h`;
}
