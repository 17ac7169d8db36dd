"""Writes tests/fixtures/stats/*.json: what NumPy, SciPy and scikit-learn say about small inputs.

Run with a Python that has numpy, scipy, scikit-learn and statsmodels, from the project folder:

    python scripts/make-stats-fixtures.py

Every file has `made_by` (the versions) and `cases`, a list of inputs with the expected outputs.
Inputs are drawn from a fixed seed, so a second run writes the same files for the same versions.
"""

import itertools
import json
import pathlib
import warnings

import numpy as np
import scipy
import scipy.optimize
import scipy.stats
import sklearn
import statsmodels
import statsmodels.api
from scipy.special import betainc
from sklearn.decomposition import PCA
from sklearn.linear_model import LinearRegression
from sklearn.metrics import r2_score
from sklearn.metrics.pairwise import cosine_similarity

OUT = pathlib.Path(__file__).resolve().parent.parent / "tests" / "fixtures" / "stats"
MADE_BY = f"numpy {np.__version__}, scipy {scipy.__version__}, scikit-learn {sklearn.__version__}"
MADE_BY_STATSMODELS = f"{MADE_BY}, statsmodels {statsmodels.__version__}"


def write(name, cases, made_by=MADE_BY):
    OUT.mkdir(parents=True, exist_ok=True)
    text = json.dumps({"made_by": made_by, "cases": cases}, indent=1, allow_nan=False)
    (OUT / f"{name}.json").write_text(text + "\n")


def vectors(rng):
    """Vectors of many sizes, offsets and scales, float32 ones included."""
    yield rng.normal(size=1)
    yield rng.normal(size=2)
    yield rng.normal(size=7)
    yield rng.normal(size=48) * 1e-5
    yield 1e6 + rng.normal(size=20)
    yield rng.normal(size=33) * 1e20
    yield rng.normal(size=64).astype(np.float32).astype(np.float64)
    yield np.where(rng.random(40) < 0.3, 0.0, rng.normal(size=40))


def vector_statistics(rng):
    cases = []
    for v in vectors(rng):
        cases.append({
            "vector": v.tolist(),
            "expected": {
                "mean": float(np.mean(v)),
                "std": float(np.std(v)),
                "min": float(np.min(v)),
                "max": float(np.max(v)),
                "l2_norm": float(np.linalg.norm(v)),
                "sparsity": float(np.mean(np.abs(v) < 1e-5)),
            },
        })
    write("vector-statistics", cases)


def cosine(rng):
    cases = []
    for v in vectors(rng):
        w = 0.5 * v + rng.normal(size=v.size) * np.abs(v).max()
        cases.append({
            "first": v.tolist(),
            "second": w.tolist(),
            "expected": float(cosine_similarity(v[None], w[None])[0, 0]),
        })
    write("cosine-similarity", cases)


def pearson(rng):
    cases = []
    for v in vectors(rng):
        if v.size < 3:
            continue
        w = 0.7 * v + rng.normal(size=v.size) * np.std(v)
        cases.append({
            "x": v.tolist(),
            "y": w.tolist(),
            "expected": float(scipy.stats.pearsonr(v, w).statistic),
        })
    write("pearson-correlation", cases)


def fit(x, y):
    x, y = np.asarray(x, float), np.asarray(y, float)
    model = LinearRegression().fit(x[:, None], y)
    return {
        "slope": float(model.coef_[0]),
        "intercept": float(model.intercept_),
        "r_squared": float(r2_score(y, model.predict(x[:, None]))),
    }


def regression(rng):
    pairs = [
        ([0, 1, 2, 3], [1, 3, 5, 7]),
        ([2, 2, 2], [1, 4, 5.5]),  # constant x
        ([0, 0, 0, 0, 0], [0, 0, 0, 0, 0]),  # both constant
        ([-1, 0, 2], [3, 3, 3]),  # constant y
        ([1, 2], [5, -1]),
    ]
    for v in vectors(rng):
        if v.size > 2:
            pairs.append((v, -1.5 * v + rng.normal(size=v.size) * np.std(v)))
    pairs.append((rng.normal(size=25), rng.normal(size=25)))
    write("linear-regression", [
        {"x": np.asarray(x, float).tolist(), "y": np.asarray(y, float).tolist(), "expected": fit(x, y)}
        for x, y in pairs
    ])


def quantiles(rng):
    probabilities = [0, 0.05, 0.1, 0.25, 1 / 3, 0.5, 0.77, 0.95, 0.999, 1]
    write("quantile", [
        {
            "values": v.tolist(),
            "probabilities": probabilities,
            "expected": np.quantile(v, probabilities).tolist(),
        }
        for v in vectors(rng)
    ])


def histograms(rng):
    inputs = [
        ([rng.normal(size=48), 2 * rng.normal(size=48), 0.1 * rng.normal(size=48)], 30),
        ([rng.normal(size=100), rng.random(100)], 7),
        ([np.arange(31) / 10.0], 30),  # every value on an edge
        ([np.linspace(-0.3, 0.7, 101)], 10),
        ([np.full(5, 0.25)], 30),
        ([np.full(3, 1234.5), np.full(2, 1234.5)], 4),
        ([np.zeros(4)], 3),
    ]
    cases = []
    for rows, bins in inputs:
        edges = np.histogram_bin_edges(np.concatenate(rows), bins=bins)
        cases.append({
            "vectors": [row.tolist() for row in rows],
            "bins": bins,
            # Counted over the range, as np.histogram does when given a number of bins.
            "edges": edges.tolist(),
            "counts": [
                np.histogram(row, bins=bins, range=(edges[0], edges[-1]))[0].tolist() for row in rows
            ],
        })
    write("histogram", cases)


def components(rng):
    inputs = [
        rng.normal(size=(3, 48)),
        rng.normal(size=(3, 768)) * np.array([[5.0], [1.0], [0.5]]),
        rng.normal(size=(3, 2)),
        rng.normal(size=(2, 5)),
        rng.normal(size=(6, 4)),
        1000 + rng.normal(size=(4, 3)),
        rng.normal(size=(3, 12)) * 1e-9,
    ]
    cases = []
    for rows in inputs:
        pca = PCA(n_components=2, svd_solver="full")
        points = pca.fit_transform(rows)
        cases.append({
            "rows": rows.tolist(),
            "points": points.tolist(),
            "explained_variance_ratio": pca.explained_variance_ratio_.tolist(),
        })
    write("principal-components", cases)


def t_test():
    cases = []
    for d in [2, 3, 5, 16, 48, 128, 768, 1600, 4096, 12288]:
        for c in [0.0, 1e-12, 1e-6, 1e-3, 0.01, 0.03, -0.1, 0.2, -0.3, 0.5, 0.7, 0.9, 0.99, -0.9999]:
            t = c * np.sqrt(d - 1) / np.sqrt((1 - c) * (1 + c))
            p = betainc((d - 1) / 2, 0.5, (1 - c) * (1 + c))
            assert np.isclose(p, 2 * scipy.stats.t.sf(abs(t), d - 1), rtol=1e-6, atol=1e-300)
            cases.append({"cosine": c, "dimensions": d, "t": float(t), "p_value": float(p)})
    write("cosine-t-test", cases)


def holm_adjusted(p):
    """Holm's definition, written out."""
    order = np.argsort(p, kind="stable")
    stepped = np.maximum.accumulate(p[order] * np.arange(p.size, 0, -1))
    adjusted = np.empty_like(p)
    adjusted[order] = np.minimum(1, stepped)
    return adjusted


def adjusted_p_values(rng):
    cases = []
    for p in [
        np.array([0.01, 0.04, 0.03]),
        np.array([0.5]),
        np.array([0.02, 0.02, 0.9, 1.0, 0.0]),
        rng.random(20) ** 3,
    ]:
        cases.append({
            "p_values": p.tolist(),
            "holm": holm_adjusted(p).tolist(),
            "benjamini_hochberg": scipy.stats.false_discovery_control(p).tolist(),
        })
    write("adjusted-p-values", cases)


def permutations(rng):
    """Exact two-sided p-values of a correlation and a slope over all orders of 7 values."""
    cases = []
    for strength in [0.0, 0.5, 1.5]:
        x = rng.normal(size=7)
        y = strength * x + rng.normal(size=7)
        orders = np.array(list(itertools.permutations(y)))
        slopes = np.abs((orders - y.mean()) @ (x - x.mean()))
        exact = float(np.mean(slopes >= slopes[0] * (1 - 1e-12)))
        by_scipy = scipy.stats.permutation_test(
            (y,), lambda v: np.corrcoef(x, v)[0, 1], permutation_type="pairings",
            n_resamples=np.inf, vectorized=False,
            # SciPy's own "two-sided" doubles the smaller tail; ours counts |statistic|.
        ).null_distribution
        observed = abs(np.corrcoef(x, y)[0, 1])
        assert np.isclose(exact, np.mean(np.abs(by_scipy) >= observed * (1 - 1e-12)))
        cases.append({"x": x.tolist(), "y": y.tolist(), "exact_p_value": exact})
    write("permutation-test", cases)


def quantiles_of_t():
    write("student-t-quantile", [
        {
            "confidence": confidence,
            "degrees_of_freedom": df,
            "expected": float(scipy.stats.t.ppf((1 + confidence) / 2, df)),
        }
        for df in [1, 1.5, 2, 3.3, 6, 10, 50.7, 199, 1e4]
        for confidence in [0.5, 0.8, 0.95, 0.99, 0.9999]
    ])


def left_out_lines(rng):
    """Each group left out and the line fitted again; with single points also statsmodels' HC3 errors."""
    cases = []
    for groups, per_group, offset, scale in [(6, 4, 0, 1), (9, 1, 100.0, 1), (12, 1, 0, 1e-30), (5, 3, 1e6, 1)]:
        labels = np.repeat(np.arange(groups), per_group)
        x = (offset + rng.normal(size=labels.size) * (1 + labels)) * scale
        y = 0.4 * x + scale * (rng.normal(size=groups)[labels] + 0.3 * rng.normal(size=labels.size))
        lines = []
        for out in [None, *range(groups)]:
            keep = labels != out
            # Centred first, and in extended precision: a plain fit loses digits to a large offset.
            u, v = x[keep].astype(np.longdouble), y[keep].astype(np.longdouble)
            du, dv = u - u.mean(), v - v.mean()
            slope = (du @ dv) / (du @ du)
            lines.append({
                "slope": float(slope),
                "intercept": float(v.mean() - slope * u.mean()),
                "correlation": float((du @ dv) / np.sqrt((du @ du) * (dv @ dv))),
            })
        case = {"x": x.tolist(), "y": y.tolist(), "groups": labels.tolist(), "whole": lines[0], "without": lines[1:]}
        if per_group == 1:
            fitted = statsmodels.api.OLS(y / scale, statsmodels.api.add_constant(x / scale)).fit(cov_type="HC3")
            case["hc3"] = float(fitted.bse[1])
        cases.append(case)
    write("leave-one-out-lines", cases, MADE_BY_STATSMODELS)


def halls_limits(t, skewness, n):
    """Hall's cubic transformation of a studentized mean, turned around by root finding."""
    g = lambda T: T + skewness / np.sqrt(n) * (T**2 / 3 + 1 / 6) + (skewness / 3) ** 2 * T**3 / (3 * n)
    return [float(scipy.optimize.brentq(lambda T: g(T) - z, -1e4, 1e4, xtol=1e-13)) for z in [-t, t]]


def skewness_limits():
    write("skewness-limits", [
        {"t": t, "skewness": skewness, "n": n, "expected": halls_limits(t, skewness, n)}
        for t, skewness, n in [(2.0, 1.0, 20), (2.0, -1.0, 20), (1.96, 0.1, 200), (3.2, 2.2, 8), (2.3, 0.0, 8), (2.0, 1e-9, 30)]
    ])


def jackknifed(estimate, without, confidence, degrees, skewness):
    n = without.size
    influence = -(without - without.mean())
    error = np.sqrt((n - 1) / n * np.sum(influence**2))
    df = n - 1
    if degrees == "effective":
        kurtosis = scipy.stats.kurtosis(influence, fisher=False) * (n + 1) / (n - 1)
        df = max(1, min(2 * n / (kurtosis - 1), n - 2))
    t = scipy.stats.t.ppf((1 + confidence) / 2, df)
    low, high = halls_limits(t, skewness * scipy.stats.skew(influence), n)
    return {
        "low": float(estimate - max(high, t) * error),
        "high": float(estimate - min(low, -t) * error),
        "standard_error": float(error),
        "degrees_of_freedom": float(df),
    }


def jackknifes(rng):
    """A mean, whose interval without skewness is SciPy's t.interval, and a slope."""
    cases = []
    for values in [rng.normal(size=8), rng.lognormal(size=12), 1e6 + rng.normal(size=30), 1e-30 * rng.standard_t(3, size=19)]:
        n = values.size
        without = (values.sum() - values) / (n - 1)
        interval = scipy.stats.t.interval(0.95, n - 1, values.mean(), scipy.stats.sem(values))
        x = rng.normal(size=n)
        slopes = np.array([np.polyfit(np.delete(x, i), np.delete(values - values.mean(), i), 1)[0] for i in range(n)])
        slope = np.polyfit(x, values - values.mean(), 1)[0]
        cases.append({
            "values": values.tolist(),
            "t_interval": [float(end) for end in interval],
            "estimate": float(slope),
            "without": slopes.tolist(),
            "effective": jackknifed(slope, slopes, 0.95, "effective", 1),
            "wide": jackknifed(slope, slopes, 0.99, "units", 2.5),
        })
    write("jackknife-interval", cases)


def correlations_with_intervals(rng):
    cases = []
    for n in [8, 19, 60]:
        for noise in [0.3, 2.0]:
            x = rng.standard_t(3, size=n)
            y = x + noise * rng.standard_t(3, size=n)
            r = np.corrcoef(x, y)[0, 1]
            without = np.array([np.corrcoef(np.delete(x, i), np.delete(y, i))[0, 1] for i in range(n)])
            ends = jackknifed(np.arctanh(r), np.arctanh(without), 0.95, "effective", max(0, 2.5 * (1 - 8 / n)))
            cases.append({
                "estimate": float(r),
                "without": without.tolist(),
                "low": float(np.tanh(ends["low"])),
                "high": float(np.tanh(ends["high"])),
            })
    write("correlation-interval", cases)


def ratios(rng):
    """Fieller's interval of a ratio of means in closed form: the roots of a quadratic."""
    cases = []
    for n, mean in [(8, 5.0), (30, 1.5), (100, -2.0), (12, 0.0)]:
        a, b = 3 + rng.normal(size=n), mean + rng.normal(size=n)
        (vaa, vab), (_, vbb) = np.cov(a, b) / n
        t = scipy.stats.t.ppf(0.975, n - 1)
        A, B, C = b.mean() ** 2 - t**2 * vbb, a.mean() * b.mean() - t**2 * vab, a.mean() ** 2 - t**2 * vaa
        expected = None if A <= 0 else sorted(float((B + s * np.sqrt(B**2 - A * C)) / A) for s in [-1, 1])
        cases.append({"numerator": a.tolist(), "denominator": b.tolist(), "expected": expected})
    assert cases[-1]["expected"] is None
    write("ratio-interval", cases)


def ranks(rng):
    cases = []
    for others in [rng.normal(size=9), rng.normal(size=200), np.array([1.0, -1.0, 2.0, 0.0]), np.zeros(3)]:
        for value in [0.0, 1.0, -1.0, -1.7, 5.0]:
            sizes = np.abs(others)
            cases.append({
                "value": value,
                "others": others.tolist(),
                "rank": int(np.sum(sizes >= abs(value))) + 1,
                "percentile": float(scipy.stats.percentileofscore(sizes, abs(value), kind="mean")),
                "p_value": float((np.sum(sizes >= abs(value)) + 1) / (others.size + 1)),
            })
    write("rank-among", cases)


def empirical_nulls(rng):
    cases = []
    for draws in [rng.normal(size=40), 3 + rng.normal(size=99), np.array([0.5])]:
        for observed in [0.0, float(draws[0]), -1.2, 9.0]:
            cases.append({
                "observed": observed,
                "draws": draws.tolist(),
                "expected": {
                    "mean": float(np.mean(draws)),
                    "std": float(np.std(draws)),
                    "p5": float(np.quantile(draws, 0.05)),
                    "p95": float(np.quantile(draws, 0.95)),
                    "min": float(np.min(draws)),
                    "max": float(np.max(draws)),
                    "n": int(draws.size),
                    "p_value": float((1 + np.sum(np.abs(draws) >= abs(observed))) / (1 + draws.size)),
                },
            })
    write("empirical-null", cases)


def shuffles(rng):
    """All cosines that shuffled coordinates can give, and their exact mean and standard deviation."""
    cases = []
    for size in [3, 5, 7]:
        v, w = rng.normal(size=size) + 0.5, rng.normal(size=size)
        orders = np.array(list(itertools.permutations(v)))
        cosines = orders @ w / np.linalg.norm(v) / np.linalg.norm(w)
        cases.append({
            "vector": v.tolist(),
            "other": w.tolist(),
            "mean": float(cosines.mean()),
            "std": float(cosines.std()),
            "quantiles": np.quantile(cosines, [0.05, 0.25, 0.5, 0.75, 0.95]).tolist(),
        })
    write("shuffled-cosines", cases)


def gaussians(rng):
    """Cosines with Gaussian vectors drawn by NumPy from the covariance of the rows, 400,000 of them."""
    cases = []
    probabilities = [0.05, 0.25, 0.5, 0.75, 0.95]
    for rows in [
        rng.normal(size=(30, 4)) * np.array([5.0, 1.0, 1.0, 0.2]) + 3,
        rng.normal(size=(3, 6)),  # a singular covariance
        rng.normal(size=(50, 5)) @ rng.normal(size=(5, 5)),
    ]:
        vector = rng.normal(size=rows.shape[1])
        drawn = rng.multivariate_normal(
            np.zeros(rows.shape[1]), np.cov(rows, rowvar=False), size=400_000, method="eigh"
        )
        cosines = drawn @ vector / np.linalg.norm(drawn, axis=1) / np.linalg.norm(vector)
        cases.append({
            "vector": vector.tolist(),
            "rows": rows.tolist(),
            "std": float(cosines.std()),
            "probabilities": probabilities,
            "quantiles": np.quantile(cosines, probabilities).tolist(),
        })
    write("gaussian-vectors", cases)


def decompositions(rng):
    cases = []
    for v in vectors(rng):
        w = 0.5 * v + rng.normal(size=v.size) * np.abs(v).max()
        shares = v / np.linalg.norm(v) * (w / np.linalg.norm(w))
        top = np.argsort(-np.abs(shares), kind="stable")[:3]
        kept = np.setdiff1d(np.arange(v.size), top)
        norms = np.linalg.norm(v[kept]) * np.linalg.norm(w[kept])
        cases.append({
            "first": v.tolist(),
            "second": w.tolist(),
            "cosine": float(cosine_similarity(v[None], w[None])[0, 0]),
            "top": top.tolist(),
            "contributions": shares[top].tolist(),
            "rest": float(shares[kept].sum()),
            "without_top": float(v[kept] @ w[kept] / norms) if kept.size and norms > 0 else None,
            "effective_coordinates": float(np.abs(shares).sum() ** 2 / (shares**2).sum()),
        })
    write("cosine-decomposition", cases)


def student():
    write("student-t", [
        {"t": t, "degrees_of_freedom": df, "p_value": float(2 * scipy.stats.t.sf(abs(t), df))}
        for df in [1, 2, 4.5, 18, 94, 767]
        for t in [0.0, 1e-3, 0.3, -1.0, 2.1, 5.0, -20.0]
    ])


def clustered(rng):
    """statsmodels' cluster-robust covariance with its small-sample factor and t distribution."""
    cases = []
    for groups, per_group, offset in [(2, 3, 0), (5, 4, 0), (19, 5, 0), (8, 5, 100.0)]:
        labels = np.repeat(np.arange(groups), per_group)
        x = offset + rng.normal(size=labels.size) * (1 + labels)
        y = 0.4 * x + rng.normal(size=groups)[labels] + 0.3 * rng.normal(size=labels.size)
        fitted = statsmodels.api.OLS(y, statsmodels.api.add_constant(x)).fit(
            cov_type="cluster", cov_kwds={"groups": labels}, use_t=True
        )
        coefficient = lambda i: {
            "estimate": float(fitted.params[i]),
            "standard_error": float(fitted.bse[i]),
            "t": float(fitted.tvalues[i]),
            "degrees_of_freedom": groups - 1,
            "p_value": float(fitted.pvalues[i]),
        }
        cases.append({
            "x": x.tolist(),
            "y": y.tolist(),
            "groups": labels.tolist(),
            "intercept": coefficient(0),
            "slope": coefficient(1),
        })
    write("clustered-regression", cases, MADE_BY_STATSMODELS)


def sign_flips(rng):
    cases = []
    for values in [rng.normal(size=6), 1 + rng.normal(size=9), np.array([1.0, 2.0, 3.0]), np.zeros(2)]:
        null = scipy.stats.permutation_test(
            (values,), np.sum, permutation_type="samples", n_resamples=np.inf, vectorized=False,
        ).null_distribution
        observed = abs(values.sum())
        cases.append({
            "values": values.tolist(),
            # SciPy's own "two-sided" doubles the smaller tail; ours counts |sum|.
            "p_value": float(np.mean(np.abs(null) >= observed - 1e-12 * np.abs(values).sum())),
        })
    write("sign-flip-test", cases)


def contributions(rng):
    """Each group's share in the coefficients: the fit to its y alone, with all others set to 0."""
    cases = []
    for groups, per_group in [(1, 4), (4, 5), (7, 2)]:
        labels = np.repeat(np.arange(groups), per_group)
        x = 3 + rng.normal(size=labels.size)
        y = rng.normal(size=labels.size)
        fits = [fit(x, np.where(labels == g, y, 0.0)) for g in range(groups)]
        cases.append({
            "x": x.tolist(),
            "y": y.tolist(),
            "groups": labels.tolist(),
            "slope": [one["slope"] for one in fits],
            "intercept": [one["intercept"] for one in fits],
        })
    write("group-contributions", cases)


def one_samples(rng):
    cases = []
    for v in vectors(rng):
        if v.size < 2:
            continue
        test = scipy.stats.ttest_1samp(v, 0)
        cases.append({
            "values": v.tolist(),
            "expected": {
                "n": int(v.size),
                "mean": float(np.mean(v)),
                "std": float(np.std(v, ddof=1)),
                "standard_error": float(scipy.stats.sem(v)),
                "min": float(np.min(v)),
                "median": float(np.median(v)),
                "max": float(np.max(v)),
                "t": float(test.statistic),
                "p_value": float(test.pvalue),
            },
        })
    write("one-sample", cases)


def mean_vectors(rng):
    cases = []
    for rows in [
        rng.normal(size=(1, 4)), rng.normal(size=(6, 5)), 1e6 + rng.normal(size=(4, 3)),
        np.tile(rng.normal(size=7), (3, 1)), rng.normal(size=(5, 2)) * 1e-12,
    ]:
        mean = rows.mean(axis=0)
        norms = np.linalg.norm(rows, axis=1)
        cases.append({
            "rows": rows.tolist(),
            "mean": mean.tolist(),
            "std": rows.std(axis=0).tolist(),
            "mean_norm": float(np.linalg.norm(mean)),
            "norms": norms.tolist(),
            "coherence": float(np.linalg.norm(mean) ** 2 / np.mean(norms**2)),
        })
    write("mean-vector", cases)


def effect_sizes(rng):
    write("effect-size", [
        {"change": 0.37, "values": v.tolist(), "expected": float(0.37 / np.std(v))}
        for v in vectors(rng) if v.size > 1
    ])


if __name__ == "__main__":
    warnings.simplefilter("error")
    for make in [
        vector_statistics, cosine, pearson, regression, quantiles, histograms, components,
        adjusted_p_values, permutations, ranks, empirical_nulls, shuffles, gaussians,
        decompositions, clustered, sign_flips, contributions, one_samples, mean_vectors, effect_sizes,
        left_out_lines, jackknifes, correlations_with_intervals, ratios,
    ]:
        make(np.random.default_rng(20250422))
    t_test()
    student()
    quantiles_of_t()
    skewness_limits()
