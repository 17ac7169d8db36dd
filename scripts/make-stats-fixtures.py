"""Writes tests/fixtures/stats/*.json: what NumPy, SciPy and scikit-learn say about small inputs.

Run with a Python that has numpy, scipy and scikit-learn, from the project folder:

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
import scipy.stats
import sklearn
from scipy.special import betainc
from sklearn.decomposition import PCA
from sklearn.linear_model import LinearRegression
from sklearn.metrics import r2_score
from sklearn.metrics.pairwise import cosine_similarity

OUT = pathlib.Path(__file__).resolve().parent.parent / "tests" / "fixtures" / "stats"
MADE_BY = f"numpy {np.__version__}, scipy {scipy.__version__}, scikit-learn {sklearn.__version__}"


def write(name, cases):
    OUT.mkdir(parents=True, exist_ok=True)
    text = json.dumps({"made_by": MADE_BY, "cases": cases}, indent=1, allow_nan=False)
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


def bootstraps(rng):
    """The exact percentile interval of a mean: all 6**6 samples of six values."""
    values = rng.normal(size=6)
    means = np.array(list(itertools.product(values, repeat=6))).mean(axis=1)
    cases = []
    for confidence in [0.8, 0.95]:
        tail = (1 - confidence) / 2
        # Monte Carlo must land between these neighbours: 4 standard errors at 20,000 resamples.
        error = 4 * np.sqrt(tail * (1 - tail) / 20000)
        cases.append({
            "values": values.tolist(),
            "confidence": confidence,
            "low": np.quantile(means, [tail - error, tail + error]).tolist(),
            "high": np.quantile(means, [1 - tail - error, 1 - tail + error]).tolist(),
        })
    write("bootstrap-interval", cases)


if __name__ == "__main__":
    warnings.simplefilter("error")
    for make in [
        vector_statistics, cosine, pearson, regression, quantiles, histograms, components,
        adjusted_p_values, permutations, bootstraps,
    ]:
        make(np.random.default_rng(20250422))
    t_test()
