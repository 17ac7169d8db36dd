import { useRef } from "preact/hooks";
import { tint } from "./diverging";
import { decimalsFor, fixed } from "./fixed";

/** The magnitudes that have the full colour. */
export interface Scale {
  readonly activation: number;
  readonly prediction: number;
}

/** A token with its two numbers. */
export interface StripToken {
  readonly text: string;
  readonly activation: number;
  readonly prediction: number;
}

interface TokenStripProps {
  readonly label?: string;
  readonly tokens: readonly StripToken[];
  readonly scale: Scale;
  readonly chosen: number;
  /** Chooses a token; tokens that nobody can choose are no buttons. */
  readonly onChoose?: (position: number) => void;
  readonly onLook?: (position: number | null) => void;
}

/** Tokens on two coloured lines: the activation above, the prediction below. */
export function TokenStrip(props: TokenStripProps) {
  const { label, tokens, scale, chosen, onChoose, onLook } = props;
  const place = useRef<HTMLDivElement>(null);
  const choose = (position: number) => {
    const to = Math.max(0, Math.min(position, tokens.length - 1));
    onChoose?.(to);
    (place.current?.children[to] as HTMLElement | undefined)?.focus();
  };
  const positionOf = (target: EventTarget | null) => {
    const at = [...place.current!.children].indexOf(target as Element);
    return at === -1 ? null : at;
  };
  const press = (event: KeyboardEvent) => {
    const isRightToLeft = getComputedStyle(place.current!).direction === "rtl";
    const forward = isRightToLeft ? -1 : 1;
    const steps: Record<string, number> = {
      ArrowRight: chosen + forward,
      ArrowLeft: chosen - forward,
      ArrowDown: chosen + 1,
      ArrowUp: chosen - 1,
      Home: 0,
      End: tokens.length - 1,
    };
    const to = steps[event.key];
    if (to === undefined || event.ctrlKey || event.metaKey || event.altKey) return;
    event.preventDefault();
    choose(to);
  };
  if (!onChoose) {
    return (
      <p class="tokens" dir="auto">
        {tokens.map((token, i) => (
          <span
            key={i}
            class={i === chosen ? "token chosen" : "token"}
            style={tints(token, scale)}
            title={numbersOf(token, scale)}
          >
            {shownToken(token.text)}
          </span>
        ))}
      </p>
    );
  }
  return (
    <div
      ref={place}
      class="tokens"
      dir="auto"
      role="listbox"
      aria-label={label}
      aria-orientation="horizontal"
      onKeyDown={press}
      onClick={({ target }) => {
        const position = positionOf(target);
        if (position !== null) choose(position);
      }}
      onPointerOver={({ target }) => onLook?.(positionOf(target))}
      onFocusIn={({ target }) => onLook?.(positionOf(target))}
      onPointerLeave={() => onLook?.(null)}
    >
      {tokens.map((token, i) => (
        <span
          key={i}
          role="option"
          aria-selected={i === chosen}
          aria-label={`token ${i}, ${token.text === "" ? "part of the letter before" : `“${token.text}”`}: ${numbersOf(token, scale)}`}
          tabIndex={i === chosen ? 0 : -1}
          class={i === chosen ? "token chosen" : "token"}
          style={tints(token, scale)}
        >
          {shownToken(token.text)}
        </span>
      ))}
    </div>
  );
}

export function numbersOf(
  { activation, prediction }: Omit<StripToken, "text">,
  scale: Scale,
): string {
  const said = [
    ["activation", fixed(activation, decimalsFor(scale.activation))],
    ["prediction", fixed(prediction, decimalsFor(scale.prediction))],
  ];
  return said.map((words) => words.join(" ")).join(", ");
}

/** Colours of some tokens: by one scale, unless their numbers have no unit in common. */
export function scaleOf(tokens: readonly Omit<StripToken, "text">[], isShared: boolean): Scale {
  const most = (of: "activation" | "prediction") =>
    tokens.reduce((largest, token) => Math.max(largest, Math.abs(token[of])), 0);
  const [activation, prediction] = [most("activation"), most("prediction")];
  const both = Math.max(activation, prediction);
  return isShared ? { activation: both, prediction: both } : { activation, prediction };
}

function tints(
  { activation, prediction }: Omit<StripToken, "text">,
  scale: Scale,
): Record<string, string> {
  return {
    ...tint(activation, scale.activation, "activation"),
    ...tint(prediction, scale.prediction, "prediction"),
  };
}

/** A token's text with what would not be seen. */
export function shownToken(text: string): string {
  if (text === "") return "·";
  if (UNSEEN.test(text)) return [...text].map(codeOf).join(" ");
  return text
    .replaceAll("\n", "⏎")
    .replaceAll("\t", "⇥")
    .replace(/\p{Cc}/gu, codeOf)
    .replace(/^ | $/g, "\u00A0");
}

/** The same inside a sentence. */
export function namedToken(text: string): string {
  return shownToken(text).trim() || "␣";
}

/** A token of nothing but joiners, marks of direction and the like. */
const UNSEEN = /^[\p{Cf}\p{Default_Ignorable_Code_Point}]+$/u;

function codeOf(character: string): string {
  return `U+${character.codePointAt(0)!.toString(16).toUpperCase().padStart(4, "0")}`;
}
