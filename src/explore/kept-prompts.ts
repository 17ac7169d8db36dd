import type { PrefixRuns } from "../patching/prefix-runs";

/** A prompt that was run. */
export interface KeptPrompt {
  readonly tokens: readonly number[];
  readonly runs: PrefixRuns;
}

/** Lends the unpatched runs of the prompts that were asked for last. */
export class KeptPrompts {
  private readonly kept = new Map<string, KeptPrompt & { users: number; isKept: boolean }>();

  /** @param most prompts that are kept; others only as long as somebody works with them */
  constructor(
    private readonly most: number,
    private readonly run: (text: string) => KeptPrompt,
  ) {}

  /** Lends a prompt to work until that is over. */
  async lent<T>(text: string, work: (prompt: KeptPrompt) => T | Promise<T>): Promise<T> {
    const { prompt, giveBack } = this.lend(text);
    try {
      return await work(prompt);
    } finally {
      giveBack();
    }
  }

  /** Lends a prompt until it is given back. */
  lend(text: string): { readonly prompt: KeptPrompt; readonly giveBack: () => void } {
    const prompt = this.kept.get(text) ?? { ...this.run(text), users: 0, isKept: true };
    // The last used is the last to go.
    this.kept.delete(text);
    this.kept.set(text, prompt);
    prompt.users++;
    for (const other of this.kept.keys()) {
      if (this.kept.size > this.most) this.drop(other);
    }
    return {
      prompt,
      giveBack() {
        prompt.users--;
        if (!prompt.isKept && prompt.users === 0) prompt.runs.dispose();
      },
    };
  }

  /** Frees all that nobody works with, now, and the rest when it is given back. */
  dispose(): void {
    for (const text of this.kept.keys()) this.drop(text);
  }

  private drop(text: string): void {
    const prompt = this.kept.get(text)!;
    this.kept.delete(text);
    prompt.isKept = false;
    if (prompt.users === 0) prompt.runs.dispose();
  }
}
