import { batch, computed, type ReadonlySignal, type Signal, signal } from "@preact/signals";
import {
  AWAY,
  type DoseCurve,
  type Explorer,
  type HeadChoice,
  type NeuronPatch,
  type OpenedHead,
  type PatchedPlace,
  type PromptRun,
} from "../explorer";
import { Newest } from "./newest";
import type { StartingPoint } from "./starting-point";

/** How often it is asked whether the other side is back. */
const KNOCK_MS = 1500;

/** Points of a dose curve: enough for a smooth line. */
const CURVE_POINTS = 41;

/** What a question is about: that another is answered says nothing of what is wrong with it. */
type Matter = "prompt" | "patch" | "curve" | "audit";

/** What is looked at, and what was answered. Views show it; only this asks. */
export class Session {
  readonly heads = signal<readonly HeadChoice[]>([]);
  readonly head = signal<OpenedHead | null>(null);
  readonly text: Signal<string>;
  readonly run = signal<PromptRun | null>(null);
  /** Of what prompt the run is: what is asked of its tokens is asked of that. */
  readonly ranText = signal("");
  readonly position = signal(0);
  readonly edit = signal<NeuronPatch>({ kind: "set", value: 0 });
  readonly patched = signal<PatchedPlace | null>(null);
  readonly curve = signal<DoseCurve | null>(null);
  /** What is being done that takes a while; null if nothing is. */
  readonly busy = signal<string | null>(null);
  /** Why a question has no answer. */
  readonly problem: ReadonlySignal<string | null> = computed(() => {
    const { prompt, patch, curve, audit } = this.problems.value;
    return prompt ?? patch ?? curve ?? audit;
  });
  /** Why there is no answer to anything now. */
  readonly away = signal<string | null>(null);
  /** Names the place that is measured: what was found elsewhere is shown no longer. */
  readonly place: ReadonlySignal<string> = computed(() =>
    JSON.stringify([this.head.value?.id, this.ranText.value, this.position.value]),
  );
  /** Changed when something has answered again. */
  readonly returns = signal(0);

  private readonly problems = signal<Readonly<Record<Matter, string | null>>>({
    ...{ prompt: null, patch: null, curve: null, audit: null },
  });
  private wishes: StartingPoint;
  /** A token that is asked for with its prompt. */
  private wanted: { readonly text: string; readonly position: number } | null = null;
  private readonly runs = new Newest<string>((text) =>
    this.answered("prompt", () => this.runPrompt(text)),
  );
  private readonly drags = new Newest<void>(() => this.answered("patch", () => this.runPatch()));
  private readonly curves = new Newest<void>(() => this.answered("curve", () => this.runCurve()));
  private knocking: ReturnType<typeof setTimeout> | undefined;

  constructor(
    private readonly explorer: Explorer,
    start: StartingPoint,
  ) {
    this.wishes = start;
    this.text = signal(start.text);
  }

  /** What is looked at now; a token only where another than the head's own was chosen. */
  get lookedAt(): StartingPoint {
    const [run, position] = [this.run.value, this.position.value];
    const isChosen = run !== null && position !== run.measured;
    return {
      head: this.head.value?.id ?? null,
      text: this.ranText.value,
      position: isChosen ? position : null,
    };
  }

  /** Finds the heads, and opens the one that was looked at last. */
  async start(): Promise<void> {
    await this.answered("prompt", async () => {
      this.busy.value = "Loading…";
      try {
        this.heads.value = await this.explorer.heads();
      } finally {
        this.busy.value = null;
      }
      const known = this.heads.value.some(({ id }) => id === this.wishes.head);
      await this.openHead(known ? this.wishes.head! : this.heads.value[0].id);
    });
  }

  async choose(id: string): Promise<void> {
    await this.answered("prompt", () => this.openHead(id));
  }

  /**
   * Takes another prompt.
   *
   * @param position the token that is measured; left to the head, or where it was, if not given
   */
  write(text: string, position: number | null = null): void {
    this.text.value = text;
    this.wanted = position === null ? null : { text, position };
    if (this.head.value) this.runs.put(text);
  }

  /** Measures at another token. */
  measure(position: number): void {
    batch(() => {
      this.position.value = position;
      this.untouched();
    });
  }

  /** Patches the neuron at the measured token. */
  patch(edit: NeuronPatch): void {
    this.edit.value = edit;
    this.drags.put();
  }

  /** Leaves the neuron as it is. */
  untouched(): void {
    const token = this.run.value?.tokens[this.position.value];
    if (!token) return;
    const { kind } = this.edit.value;
    this.edit.value = { kind, value: neutral(kind, token.activation) };
    this.patched.value = null;
    this.curve.value = null;
    this.drags.put();
    this.curves.put();
  }

  private async openHead(id: string): Promise<void> {
    this.busy.value = "Opening the head and its base model…";
    this.runs.clear();
    try {
      const head = await this.explorer.open(id);
      batch(() => {
        // Opened again, when the other side is back, nothing that is shown is of another head.
        if (this.head.value?.id !== id) {
          if (this.run.value) this.wishes = this.lookedAt;
          this.run.value = null;
          this.patched.value = null;
          this.curve.value = null;
        }
        this.head.value = head;
        if (this.text.value === "") this.text.value = head.readsText ? FIRST_TEXT : FIRST_IDS;
      });
      this.runs.put(this.text.value);
    } finally {
      this.busy.value = null;
    }
  }

  private async runPrompt(text: string): Promise<void> {
    const head = this.head.value!;
    if (isBlank(text, head)) {
      batch(() => {
        this.wishes = { ...this.wishes, position: null };
        this.run.value = null;
        this.patched.value = null;
      });
      return;
    }
    const slow = setTimeout(() => {
      this.busy.value = "Running the prompt…";
    }, 300);
    try {
      const run = await this.explorer.run({ head: head.id, text });
      if (this.head.value !== head) return;
      batch(() => {
        const before = this.run.value && this.place.value;
        const position = this.followed(run, text);
        this.run.value = run;
        this.ranText.value = text;
        this.position.value = position;
        if (this.place.value !== before) return this.untouched();
        this.drags.put();
        this.curves.put();
      });
    } finally {
      clearTimeout(slow);
      this.busy.value = null;
    }
  }

  /** The measured token stays where it was chosen, as long as the text before it is the same. */
  private followed(run: PromptRun, text: string): number {
    const { wanted } = this;
    if (wanted?.text === text) {
      this.wanted = null;
      if (wanted.position < run.tokens.length) return wanted.position;
    }
    const before = this.run.value;
    const at = before ? this.position.value : (this.wishes.position ?? run.measured);
    const isChosen = before ? at !== before.measured : this.wishes.position !== null;
    if (!isChosen || at >= run.tokens.length) return run.measured;
    const isSame =
      !before || before.tokens.slice(0, at + 1).every(({ id }, i) => id === run.tokens[i].id);
    return isSame ? at : run.measured;
  }

  private async runPatch(): Promise<void> {
    const [head, text, position] = [this.head.value, this.ranText.value, this.position.value];
    if (!head || !this.run.value) return;
    const place = this.place.value;
    const edit = this.edit.value;
    const patched = await this.explorer.patch({ head: head.id, text, position, ...edit });
    if (this.place.value === place) this.patched.value = patched;
  }

  private async runCurve(): Promise<void> {
    const [head, text, position] = [this.head.value, this.ranText.value, this.position.value];
    if (!head || !this.run.value) return;
    const place = this.place.value;
    const [low, high] = setRange(this.run.value);
    const values = Array.from(
      { length: CURVE_POINTS },
      (_, i) => low + ((high - low) * i) / (CURVE_POINTS - 1),
    );
    const curve = await this.explorer.doseResponse({ head: head.id, text, position, values });
    if (this.place.value === place) this.curve.value = curve;
  }

  /** Asks something; says why there is no answer. */
  async answered(about: Matter, ask: () => Promise<void>): Promise<void> {
    let problem: string | null = null;
    try {
      await ask();
    } catch (error) {
      if (!this.isAway(error)) problem = (error as Error).message;
    }
    this.problems.value = { ...this.problems.value, [about]: problem };
  }

  /** Whether an error says that nothing answers; then waits until something does. */
  isAway(error: unknown): boolean {
    const { name, message } = error as Error;
    if (name !== AWAY) return false;
    this.away.value = message;
    this.knock();
    return true;
  }

  private knock(): void {
    clearTimeout(this.knocking);
    this.knocking = setTimeout(async () => {
      try {
        this.heads.value = await this.explorer.heads();
      } catch (error) {
        if (!this.isAway(error)) this.away.value = (error as Error).message;
        return;
      }
      this.away.value = null;
      this.returns.value++;
      const open = this.head.value?.id ?? this.wishes.head;
      const known = this.heads.value.some(({ id }) => id === open);
      await this.choose(known ? open! : this.heads.value[0].id);
    }, KNOCK_MS);
  }
}

const FIRST_TEXT = "Once upon a time there was a king who had three sons.";
const FIRST_IDS = "1 2 3 4 5";

/** Whether there is nothing to run: blanks are tokens of a text, and none in a list of ids. */
export function isBlank(text: string, { readsText }: Pick<OpenedHead, "readsText">): boolean {
  return (readsText ? text : text.trim()) === "";
}

/** The value with which a patch changes nothing. */
export function neutral(kind: NeuronPatch["kind"], activation: number): number {
  return { set: activation, scale: 1, add: 0 }[kind];
}

/** What a neuron is set to by the slider: what it does in this prompt, 0, and as much again beside. */
export function setRange({ tokens }: PromptRun): readonly [low: number, high: number] {
  const values = tokens.map(({ activation }) => activation);
  const [low, high] = [Math.min(0, ...values), Math.max(0, ...values)];
  const room = (high - low || 1) / 2;
  return [low - room, high + room];
}

/** The slider's range for a kind of patch. */
export function sliderRange(
  kind: NeuronPatch["kind"],
  run: PromptRun,
): readonly [low: number, high: number] {
  if (kind === "scale") return [-2, 4];
  const [low, high] = setRange(run);
  return kind === "set" ? [low, high] : [-(high - low) / 2, (high - low) / 2];
}
