import { LEVEL } from "../../analysis/list-tests";
import type { Interval } from "../../results/evidence-parts";
import type { Cell } from "../../text/cell";
import { joinPhrases, phrase } from "../../text/phrase";
import { type Finding, type Standing, standing } from "../finding";
import type { Controls, NeuronControl } from "./evidence";
import type { ActivationPatchingResult } from "./result";

/**
 * The second notebook's findings. What a test or a control does not bear out is not said to be found.
 *
 * @example
 * showTable(patchingFindings(patching), { caption: "Findings" });
 */
export function patchingFindings(result: ActivationPatchingResult): Finding[] {
  return [correlation(result), slope(result), directShare(result), intercept(result)];
}

/** Its null hypothesis is rejected, is not, or was not tested. */
interface Tested {
  readonly isFound: boolean | null;
  readonly text: Cell;
}

function tested(
  { evidence }: ActivationPatchingResult,
  claim: string,
  null_hypothesis: string,
): Tested {
  const test = evidence.tests.find(
    (one) => one.claim === claim && one.null_hypothesis === null_hypothesis,
  );
  const p = test?.holm ?? null;
  if (p === null) return { isFound: null, text: `not tested: ${test?.reason ?? "no test"}` };
  return { isFound: p <= LEVEL, text: phrase`${{ p }} (Holm)` };
}

function correlation(result: ActivationPatchingResult): Finding {
  const { baseline_correlation: r } = result.evidence;
  const { isFound, text } = tested(result, "baseline correlation", "prompts_exchangeable");
  const value = phrase`unpatched, activation and prediction correlate: ${r.estimate}`;
  return {
    found:
      r.estimate === null
        ? `no correlation: ${r.reason}`
        : isFound === false
          ? phrase`no correlation found of activation and prediction, unpatched: r ${r.estimate} is no more than chance gives`
          : value,
    how_sure: intervalOf(r),
    against: phrase`predictions of any prompt: ${text}`,
    otherwise: "whatever else in the text goes along with the neuron: this is no causal statement",
  };
}

/** The slope that describes the prompts, and its test. */
function typical(result: ActivationPatchingResult): Tested {
  return result.evidence.typical_slope.of === "prompt_slopes"
    ? tested(result, "mean of the prompts' own slopes", "mean_zero")
    : tested(result, "slope", "signs_by_prompt");
}

function slope(result: ActivationPatchingResult): Finding {
  const { typical_slope, prompt_slopes, changed_points } = result.evidence;
  const { neurons, shuffled_labels } = result.controls;
  const isOwn = typical_slope.of === "prompt_slopes";
  const { isFound, text } = typical(result);
  const value = isOwn
    ? phrase`${typical_slope.slope.estimate} (mean of the prompts' own slopes)`
    : phrase`${typical_slope.slope.estimate}, R² ${changed_points.r_squared.estimate}`;
  const null_hypothesis = isOwn ? "own slopes with mean 0" : "signs by prompt";
  return {
    found:
      typical_slope.slope.estimate === null
        ? `no slope: ${typical_slope.slope.reason}`
        : isFound === false
          ? phrase`no effect found: when the neuron is patched, the prediction moves no more than chance gives (slope ${value})`
          : withControls(value, isFound, typical_slope.slope.estimate < 0, result.controls),
    how_sure: phrase`${intervalOf(typical_slope.slope)}; prompt by prompt ${prompt_slopes.min} to ${prompt_slopes.max}`,
    against: joinPhrases(
      [
        phrase`${null_hypothesis}: ${text}`,
        neurons.reason === null ? phrase`other neurons: ${neurons.slope_rank}` : "",
        shuffled_labels.reason === null
          ? phrase`shuffled labels: ${shuffled_labels.slope_rank}`
          : "",
      ],
      "; ",
    ),
    otherwise: isOwn
      ? phrase`a few prompts: one line through all of them has slope ${result.slope}, R² ${result.r_squared}`
      : "values that the neuron never takes: compare with the slope under its own quantiles",
  };
}

/** A slope as found, as far as its controls let one say so. */
function withControls(
  value: Cell,
  isFound: boolean | null,
  isReversed: boolean,
  { neurons, shuffled_labels: labels }: Controls,
): Cell {
  const ofNeurons = neurons.reason === null ? standing(neurons.slope_rank) : "not ranked";
  const ofLabels = labels.reason === null ? standing(labels.slope_rank) : "not ranked";
  if (ofNeurons === "does not stand out") {
    return phrase`patching the neuron moves the prediction (slope ${value}), but other neurons move it as much (${neurons.slope_rank}): nothing special to this one`;
  }
  if (ofLabels === "does not stand out") {
    return phrase`patching the neuron moves the prediction (slope ${value}), but as much as that of heads which learnt shuffled labels (${labels.slope_rank}): nothing that this head learnt`;
  }
  const verb = isReversed ? "goes against" : "follows";
  const follows = phrase`the prediction ${verb} the patched neuron with slope ${value}`;
  const than = joinPhrases(
    [
      compared("other neurons of the layer do", ofNeurons, neurons.slope_rank),
      compared("heads on shuffled labels do", ofLabels, labels.slope_rank),
    ],
    " and ",
  );
  const more = than.parts.length === 0 ? "; compared with nothing" : phrase`, more than ${than}`;
  return phrase`${follows}${more}${isFound === null ? "; not tested" : ""}`;
}

function compared(what: string, stands: Standing, rank: NeuronControl["slope_rank"]): Cell {
  if (stands === "not ranked") return "";
  return phrase`${what} (${rank}${stands === "too few" ? ", too few to be sure" : ""})`;
}

function directShare(result: ActivationPatchingResult): Finding {
  const { direct_share } = result.direct_effect;
  const isNothing = typical(result).isFound === false;
  return {
    found:
      direct_share.estimate === null
        ? `no share of the direct path: ${direct_share.reason}`
        : isNothing
          ? "no share of the direct path: no effect was found that it could be a share of"
          : phrase`share of the direct path: ${direct_share.estimate}`,
    how_sure: isNothing ? "–" : intervalOf(direct_share),
    against: "no indirect path at all: a share of 1",
    otherwise: "later layers, which pass the patch on or undo it",
  };
}

function intercept(result: ActivationPatchingResult): Finding {
  const { estimate, reason } = result.evidence.changed_points.intercept;
  const bySign = tested(result, "intercept", "signs_by_prompt");
  const byT = tested(result, "intercept", "clustered_t");
  const isFound = bySign.isFound === true && byT.isFound !== false;
  return {
    found:
      estimate === null
        ? `no intercept: ${reason}`
        : isFound
          ? phrase`the line does not go through the origin, where every unpatched run is (intercept ${estimate}): a curve`
          : phrase`no curve found: the line goes through the origin as far as can be told (intercept ${estimate})`,
    how_sure: intervalOf(result.evidence.changed_points.intercept),
    against: phrase`signs by prompt: ${bySign.text}; t: ${byT.text}`,
    otherwise: "a curve: the prediction bends where the activation is moved far",
  };
}

function intervalOf({ estimate, low, high, reason }: Interval): Cell {
  if (estimate === null) return "–";
  if (low === null || high === null) return reason ?? "no interval";
  return phrase`95% interval over prompts ${low} to ${high}`;
}
