"""Recomputes the numbers of two result files with NumPy, SciPy and statsmodels: recompute.py WEIGHTS.json PATCHING.json BASE HEAD

Reads the base model's safetensors and the head's own file, so that it shares nothing with the code under
test but the JSON it checks. Exits with an AssertionError that names the first number that differs.
"""

import json
import sys

import numpy as np
import scipy.optimize
import scipy.stats
import statsmodels.api
from safetensors.numpy import load_file
from statsmodels.stats.multitest import multipletests

weights, patching = (json.load(open(path)) for path in sys.argv[1:3])
base = load_file(sys.argv[3] + "/model.safetensors")
config = json.load(open(sys.argv[3] + "/config.json"))
head = load_file(sys.argv[4] + "/head.safetensors")
checked = 0


def near(found, expected, what, tolerance=1e-9, floor=1e-12):
    global checked
    checked += 1
    assert found is not None, f"{what} is null"
    off = abs(found - expected) / max(abs(expected), floor)
    assert off <= tolerance, f"{what}: {found} is not {expected}"


def adjusted(tests):
    for family in {test["family"] for test in tests}:
        ours = [t for t in tests if t["family"] == family and t["p_value"] is not None]
        p = [t["p_value"] for t in ours]
        if not p:
            continue
        for key, method in [("holm", "holm"), ("benjamini_hochberg", "fdr_bh")]:
            for test, value in zip(ours, multipletests(p, method=method)[1]):
                near(test[key], value, f"{key} of {test['claim']}", floor=1e-300)


def tensor(name):
    return np.float64(base[name] if name in base else base["transformer." + name])


def cosine(a, b):
    return float(a @ b / np.linalg.norm(a) / np.linalg.norm(b))


def mlp_vectors(layer):
    """Vectors of every neuron as they stand in the file and as the model multiplies with them, and of every coordinate."""
    if "llama" not in config["model_type"] and "gemma" not in config["model_type"]:
        raw = {"input": tensor(f"h.{layer}.mlp.c_fc.weight").T, "output": tensor(f"h.{layer}.mlp.c_proj.weight")}
        folded = raw["input"] * tensor(f"h.{layer}.ln_2.weight")
        centred = {
            "input": folded - folded.mean(axis=1, keepdims=True),
            "output": raw["output"] - raw["output"].mean(axis=1, keepdims=True),
        }
        return raw, centred | {"read_direction": centred["output"].T @ centred["input"]}
    block = f"model.layers.{layer}."
    raw = {
        "input": tensor(block + "mlp.up_proj.weight"),
        "output": tensor(block + "mlp.down_proj.weight").T,
        "gate": tensor(block + "mlp.gate_proj.weight"),
    }
    if config["model_type"] == "gemma2":
        scale = 1 + tensor(block + "pre_feedforward_layernorm.weight")
        behind = 1 + tensor(block + "post_feedforward_layernorm.weight")
    else:
        scale, behind = tensor(block + "post_attention_layernorm.weight"), 1
    folded = {"input": raw["input"] * scale, "output": raw["output"], "gate": raw["gate"] * scale}
    written = (raw["output"] * behind).T
    return raw, folded | {
        "read_direction": written @ folded["input"],
        "gate_read_direction": written @ folded["gate"],
    }


def check_gate(w, vectors, n):
    near(weights["sim_with_gate"], cosine(w, vectors["gate"][n]), "sim_with_gate", 1e-5, 1e-2)
    baseline = weights["random_baseline"]
    z = (weights["sim_with_gate"] - baseline["mean"]) / baseline["std"]
    near(weights["z_score_gate"], z, "z_score_gate")
    t = weights["sim_with_gate"] * np.sqrt(w.size - 1) / np.sqrt(1 - weights["sim_with_gate"] ** 2)
    near(weights["p_value_gate"], 2 * scipy.stats.t.sf(abs(t), w.size - 1), "p_value_gate", 1e-6)
    gate = vectors["gate"][n]
    found = {"mean": gate.mean(), "std": gate.std(), "min": gate.min(), "max": gate.max()}
    found["l2_norm"] = np.linalg.norm(gate)
    for key, value in found.items():
        near(weights["stats"]["mlp_gate"][key], value, f"{key} of the gate", 1e-5, 1e-3)
    rows = np.array([w] + [vectors[name][n] for name in ["input", "output", "gate"]])
    rows = rows - rows.mean(axis=0)
    left, sizes, _ = np.linalg.svd(rows, full_matrices=False)
    points = (left * sizes)[:, :2]
    for row, point in zip(weights["pca_with_gate"]["points"], points):
        for found, value in zip(row, point):
            near(abs(found), abs(value), "a point with the gate", 1e-4, 0.1)
    for i, ratio in enumerate(weights["pca_with_gate"]["explained_variance_ratio"]):
        near(ratio, sizes[i] ** 2 / np.sum(sizes**2), "explained variance", 1e-5)


def check_weights():
    layer, n = weights["target_layer"], weights["target_neuron"]
    w = np.float64(head["output.weight"][0])
    if "hidden.weight" in head:
        w = w @ np.float64(head["hidden.weight"])
    raw, processed = mlp_vectors(layer)
    assert ("sim_with_gate" in weights) == ("gate" in raw)
    if "gate" in raw:
        check_gate(w, processed, n)
    for test in weights["similarity_tests"]:
        if test["head_vector"] != "linear_weights" or test["comparison"] not in processed:
            continue
        what = f"{test['comparison']}, {test['weights']}"
        rows = (raw if test["weights"] == "raw" else processed)[test["comparison"]]
        all_cosines = np.array([cosine(w, row) for row in rows])
        c = all_cosines[n]
        near(test["cosine"], c, f"cosine with {what}", 1e-5, 1e-2)
        d = w.size
        t = test["cosine"] * np.sqrt(d - 1) / np.sqrt(1 - test["cosine"] ** 2)
        near(test["random_directions"]["t"], t, "t")
        near(test["random_directions"]["p_value"], 2 * scipy.stats.t.sf(abs(t), d - 1), "p", 1e-6)
        others = np.delete(np.abs(all_cosines), n)
        assert test["other_neurons"]["rank"] == 1 + np.sum(others >= abs(c)), what
        near(test["other_neurons"]["p_value"], test["other_neurons"]["rank"] / (others.size + 1), "p")
        near(test["other_neurons"]["std"], np.delete(all_cosines, n).std(), "std", 1e-4)
        ten = [one["neuron"] for one in test["other_neurons"]["most_similar"]]
        assert ten == np.argsort(-np.abs(all_cosines), kind="stable")[:10].tolist(), what
        # The exact spread of shuffled coordinates, and a large sample of the layer's covariance.
        v = rows[n]
        spread = np.sqrt(np.sum((w - w.mean()) ** 2) * np.sum((v - v.mean()) ** 2) / (d - 1))
        spread /= np.linalg.norm(w) * np.linalg.norm(v)
        near(test["shuffled_coordinates"]["std"], spread, "shuffled", 0.15)
        drawn = np.random.default_rng(0).multivariate_normal(np.zeros(d), np.cov(rows, rowvar=False), 20000, method="eigh")
        null = drawn @ w / np.linalg.norm(drawn, axis=1) / np.linalg.norm(w)
        near(test["layer_covariance"]["std"], null.std(), "covariance", 0.15)
        expected = np.mean(np.abs(null) >= abs(c))
        error = 5 * np.sqrt(expected * (1 - expected) / test["layer_covariance"]["n"]) + 2e-3
        assert abs(test["layer_covariance"]["p_value"] - expected) < error, f"p under the covariance, {what}"
    for part in weights["decompositions"]:
        if part["comparison"] not in processed:
            continue
        v = processed[part["comparison"]][n]
        shares = w * v / np.linalg.norm(w) / np.linalg.norm(v)
        for one in part["top"]:
            near(one["contribution"], shares[one["coordinate"]], "contribution", 1e-4, 1e-3)
        near(part["effective_coordinates"], np.abs(shares).sum() ** 2 / (shares**2).sum(), "effective", 1e-4)
    adjusted(weights["tests"])


def slope_of(x, z):
    return np.polyfit(x, z, 1)[0]


def intercept_of(x, z):
    return np.polyfit(x, z, 1)[1]


def check_interval(found, statistic, x, z, groups, effective, weight=1):
    """Leaves each prompt out, and makes Student's and Hall's limits by SciPy."""
    names = np.unique(groups)
    n = names.size
    influence = -np.array([statistic(x[groups != name], z[groups != name]) for name in names])
    influence -= influence.mean()
    error = np.sqrt((n - 1) / n * np.sum(influence**2))
    kurtosis = scipy.stats.kurtosis(influence, fisher=False) * (n + 1) / (n - 1)
    t = scipy.stats.t.ppf(0.975, max(1, min(2 * n / (kurtosis - 1), n - 2)) if effective else n - 1)
    g = weight * scipy.stats.skew(influence)
    cubic = lambda T: T + g / np.sqrt(n) * (T**2 / 3 + 1 / 6) + (g / 3) ** 2 * T**3 / (3 * n)
    low, high = (scipy.optimize.brentq(lambda T: cubic(T) - end, -1e4, 1e4) for end in [-t, t])
    estimate = statistic(x, z)
    near(found["low"], estimate - max(high, t) * error, "low end", 1e-5, error)
    near(found["high"], estimate - min(low, -t) * error, "high end", 1e-5, error)


def check_patching():
    a, y = (np.array(patching["baseline"][key]) for key in ["activation", "prediction"])
    runs = patching["scaling"]
    da = np.array([run["activation"] for run in runs]) - a
    dy = np.array([run["prediction"] for run in runs]) - y
    prompts = np.tile(np.arange(a.size), len(runs))
    evidence = patching["evidence"]
    for name, keep in [("all_points", np.ones(da.size, bool)), ("changed_points", da.ravel() != 0)]:
        x, z, groups = da.ravel()[keep], dy.ravel()[keep], prompts[keep]
        fitted = statsmodels.api.OLS(z, statsmodels.api.add_constant(x)).fit(
            cov_type="cluster", cov_kwds={"groups": groups}, use_t=True
        )
        fit = evidence[name]
        near(fit["slope"]["estimate"], fitted.params[1], f"slope of {name}")
        near(fit["intercept"]["estimate"], fitted.params[0], f"intercept of {name}", floor=1e-3)
        near(fit["r_squared"]["estimate"], fitted.rsquared, f"R² of {name}")
        for i, key in enumerate(["intercept_test", "slope_test"]):
            near(fit[key]["standard_error"], fitted.bse[i], f"{key} of {name}")
            near(fit[key]["p_value"], fitted.pvalues[i], f"p of {key}", 1e-6, 1e-300)
        check_interval(fit["slope"], slope_of, x, z, groups, effective=True)
        check_interval(fit["intercept"], intercept_of, x, z, groups, effective=False)
    x, z = da.ravel(), dy.ravel()
    near(evidence["baseline_correlation"]["estimate"], np.corrcoef(a, y)[0, 1], "correlation")
    z_of = lambda u, v: np.arctanh(np.corrcoef(u, v)[0, 1])
    weight = max(0, 2.5 * (1 - 8 / a.size))
    interval = {k: np.arctanh(evidence["baseline_correlation"][k]) for k in ["low", "high"]}
    check_interval(interval, z_of, a, y, np.arange(a.size), effective=True, weight=weight)
    own = np.array([np.polyfit(da[:, i], dy[:, i], 1)[0] for i in range(a.size)])
    kept = np.delete(own, evidence["prompt_slopes"]["left_out"])
    near(evidence["prompt_slopes"]["mean"]["estimate"], kept.mean(), "mean slope")
    mean_of = lambda _, values: values.mean()
    check_interval(evidence["prompt_slopes"]["mean"], mean_of, kept, kept, np.arange(kept.size), effective=False)
    near(evidence["prompt_slopes"]["std"], kept.std(ddof=1), "spread of slopes", 1e-6)
    near(evidence["prompt_slopes"]["p_value"], scipy.stats.ttest_1samp(kept, 0).pvalue, "p", 1e-6)
    sizes = evidence["effect_sizes"]
    near(sizes["prediction_std"], y.std(), "std of the prediction")
    near(sizes["slope"], evidence["changed_points"]["slope"]["estimate"] * a.std() / y.std(), "effect")
    for run, size in zip(patching["experiments"] + runs, sizes["runs"]):
        change = np.array(run["prediction"]) - y
        near(size["mean_absolute_change"], np.abs(change).mean() / y.std(), "effect of a run")
    if patching["direct_effect"]["reason"] is None:
        direct = np.array(patching["direct_effect"]["direct"])
        share = np.polyfit(x, direct.ravel(), 1)[0] / np.polyfit(x, z, 1)[0]
        near(patching["direct_effect"]["direct_share"]["estimate"], share, "share of the direct path", 1e-6)
    for value, p in zip(patching["quantiles"]["values"], patching["quantiles"]["probabilities"]):
        near(value, np.quantile(a, p), "quantile", 1e-6, 1e-3)
    control = patching["controls"]["neurons"]
    slopes = [one["slope"] for one in control["neurons"]]
    larger = np.sum(np.abs(slopes) >= abs(control["target"]["slope"]))
    assert control["slope_rank"]["rank"] == 1 + larger
    adjusted(evidence["tests"])


check_weights()
check_patching()
print(checked)
