import type { Setting } from "./study-row";

/** What is a column of its own, or follows from the data. */
const NO_SETTINGS = new Set([
  ...["base_model_name", "target_layer", "target_neuron", "layer_type", "head_type"],
  ...["feature_layer", "d_model", "input_dim", "class_name", "activation_mean", "activation_std"],
  ...["hook", "feature_hook", "selectivity", "scan", "baselines", "__proto__"],
]);

/** What a training run measured rather than was told. */
const MEASURED =
  /loss|metric|(^|_)(r2|mse|mae|rmse|accuracy|correlation|time|seconds|duration|sha256|hash|timestamp|date)(_|$)|^best_|_score$|cross_validation/i;

/** A run says many things; deeper ones are no settings. */
const DEEPEST = 3;

/** Objects whose keys need no name before them. */
const PLAIN = new Set(["head_config", "settings", "config", "args", "hyperparameters"]);

/**
 * A head's training settings by column: the single values in `config.json` and `training_metrics.json` that
 * are not measured. Names are in snake_case, with the name of the object that they stand in before them.
 */
export function trainingSettings(config: unknown, metrics: unknown): ReadonlyMap<string, Setting> {
  const settings = new Map<string, Setting>();
  collect(config, "", settings);
  collect(metrics, "", settings);
  return settings;
}

function collect(value: unknown, before: string, settings: Map<string, Setting>, depth = 1): void {
  if (typeof value !== "object" || value === null || Array.isArray(value)) return;
  for (const [key, one] of Object.entries(value)) {
    const own = snakeCase(key);
    if (NO_SETTINGS.has(own) || MEASURED.test(own)) continue;
    const name = PLAIN.has(own) ? "" : `${before}${own}`;
    const isSingle = one === null || ["string", "number", "boolean"].includes(typeof one);
    // JSON can write a number that is none: 1e999.
    const setting = typeof one === "number" && !Number.isFinite(one) ? null : (one as Setting);
    if (isSingle && !settings.has(name)) settings.set(name, setting);
    if (!isSingle && depth < DEEPEST) {
      collect(one, name === "" ? "" : `${name}_`, settings, depth + 1);
    }
  }
}

/** A table of more columns is not read. */
const MOST_SETTINGS = 100;

/** Settings that are not the same for all heads, by name; where a head does not say one, it is null. */
export function differingSettings(all: readonly ReadonlyMap<string, Setting>[]): readonly string[] {
  const names = new Set(all.flatMap((settings) => [...settings.keys()]));
  return [...names]
    .filter((name) => new Set(all.map((settings) => settings.get(name) ?? null)).size > 1)
    .sort()
    .slice(0, MOST_SETTINGS);
}

function snakeCase(name: string): string {
  return name.replace(/(?<=[a-z0-9])[A-Z]/g, (letter) => `_${letter}`).toLowerCase();
}
