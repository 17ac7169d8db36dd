import { useRef } from "preact/hooks";
import type { PartChange, PatchedPlace } from "../explorer";
import { decimalsFor, signed } from "./fixed";

/** What the neuron and later layers add to the prediction since the neuron was patched. */
export function PartBars({
  place,
  patched,
}: {
  readonly place: string;
  readonly patched: PatchedPlace;
}) {
  const change = patched.prediction.patched - patched.prediction.clean;
  // While one drags at a place the scale only grows: bars would not move where it followed.
  const scale = useRef({ place, largest: 0 });
  if (scale.current.place !== place) scale.current = { place, largest: 0 };
  const amounts = patched.parts.map(
    ({ contribution, relativeChange }) => contribution ?? relativeChange,
  );
  scale.current.largest = Math.max(
    scale.current.largest,
    Math.abs(change),
    ...amounts.map((amount) => Math.abs(amount ?? 0)),
  );
  const { largest } = scale.current;
  const hasContributions = patched.parts.every(({ contribution }) => contribution !== null);
  return (
    <table class="bars">
      <caption>
        {hasContributions
          ? "What each part adds to the prediction at this token"
          : "How much of each part's output changes at this token (its length's share)"}
      </caption>
      <tbody>
        {patched.parts.map((part, i) => (
          <Bar
            key={part.hook + part.part}
            name={nameOf(part)}
            amount={amounts[i]}
            largest={largest}
          />
        ))}
        {patched.remainder !== null && isShown(patched.remainder, largest) && (
          <Bar name="not along the head’s gradient" amount={patched.remainder} largest={largest} />
        )}
        {hasContributions && <Bar name="prediction" amount={change} largest={largest} isTotal />}
      </tbody>
    </table>
  );
}

/** Rounding is no part of anything. */
function isShown(amount: number, largest: number): boolean {
  return Number(amount.toFixed(decimalsFor(largest))) !== 0;
}

export function nameOf({ layer, part, hook }: PartChange): string {
  if (part === "neuron") return `the neuron’s own write (${hook.replace(/^blocks\.\d+\./, "")})`;
  return `layer ${layer} ${part === "mlp" ? "MLP" : "attention"}`;
}

interface BarProps {
  readonly name: string;
  /** null where it is a share of nothing. */
  readonly amount: number | null;
  readonly largest: number;
  readonly isTotal?: boolean;
}

function Bar({ name, amount, largest, isTotal = false }: BarProps) {
  const bar = amount ?? 0;
  const share = largest === 0 ? 0 : (50 * Math.abs(bar)) / largest;
  return (
    <tr class={isTotal ? "total" : undefined}>
      <th scope="row">{name}</th>
      <td class="bar" aria-hidden="true">
        <span
          class={bar < 0 ? "below" : "above"}
          style={{ left: `${bar < 0 ? 50 - share : 50}%`, width: `${share}%` }}
        />
      </td>
      <td class="number">{amount === null ? "was 0" : signed(amount, decimalsFor(largest))}</td>
    </tr>
  );
}
