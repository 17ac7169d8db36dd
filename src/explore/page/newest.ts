/**
 * Asks one question at a time, and of those that come meanwhile only the newest afterwards: dragging never
 * queues up.
 */
export class Newest<Question> {
  private waiting: { readonly question: Question } | null = null;
  private isAsking = false;

  /** @param ask answers one question; what it throws is its own affair */
  constructor(private readonly ask: (question: Question) => Promise<void>) {}

  put(question: Question): void {
    this.waiting = { question };
    if (!this.isAsking) void this.work();
  }

  /** Asks nothing more of what waits. */
  clear(): void {
    this.waiting = null;
  }

  private async work(): Promise<void> {
    this.isAsking = true;
    try {
      while (this.waiting) {
        const { question } = this.waiting;
        this.waiting = null;
        await this.ask(question);
      }
    } finally {
      this.isAsking = false;
    }
  }
}
