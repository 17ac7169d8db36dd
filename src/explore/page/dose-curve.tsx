import type { CleanAndPatched, DoseCurve } from "../explorer";

const [WIDTH, HEIGHT, EDGE] = [600, 120, 8];

interface DoseCurveProps {
  readonly curve: DoseCurve;
  readonly activation: CleanAndPatched;
  readonly prediction: CleanAndPatched;
}

/** The prediction for each value of the neuron, right above the slider, with the points without and with the patch. */
export function DoseCurveLine({ curve, activation, prediction }: DoseCurveProps) {
  const { values, predictions } = curve;
  const [low, high] = [values[0], values[values.length - 1]];
  const [least, most] = [Math.min(...predictions), Math.max(...predictions)];
  const x = (value: number) => (WIDTH * (value - low)) / (high - low || 1);
  const y = (value: number) =>
    HEIGHT - EDGE - ((HEIGHT - 2 * EDGE) * (value - least)) / (most - least || 1);
  const inside = (value: number, end: number) => Math.max(0, Math.min(value, end));
  const line = values.map((value, i) => `${x(value).toFixed(1)},${y(predictions[i]).toFixed(1)}`);
  return (
    <svg
      class="curve"
      viewBox={`0 0 ${WIDTH} ${HEIGHT}`}
      preserveAspectRatio="none"
      aria-hidden="true"
    >
      <line class="zero" x1={x(0)} x2={x(0)} y1="0" y2={HEIGHT} />
      <polyline points={line.join(" ")} />
      <Dot
        name="clean"
        x={inside(x(activation.clean), WIDTH)}
        y={inside(y(prediction.clean), HEIGHT)}
      />
      <Dot
        name="patched"
        x={inside(x(activation.patched), WIDTH)}
        y={inside(y(prediction.patched), HEIGHT)}
      />
    </svg>
  );
}

/** A line of no length with round ends, which stays round where the picture is stretched. */
function Dot({ name, x, y }: { readonly name: string; readonly x: number; readonly y: number }) {
  return (
    <path
      class={name}
      d={`M${x.toFixed(2)} ${y.toFixed(2)}h0`}
      vector-effect="non-scaling-stroke"
    />
  );
}
