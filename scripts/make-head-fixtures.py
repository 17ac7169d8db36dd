"""Writes tests/fixtures/heads/gradients.json: gradients of small random heads, by NumPy and SciPy.

Run with a Python that has numpy and scipy, from the project folder:

    python scripts/make-head-fixtures.py

A gradient is taken by a complex step, Im f(x + ih) / h with h = 1e-30, which is exact to float64's
last digits and needs no derivative written down (https://en.wikipedia.org/wiki/Complex-step). Weights
are rounded to float32, as heads hold them.
"""

import json
import pathlib

import numpy as np
import scipy
from scipy.special import erf

OUT = pathlib.Path(__file__).resolve().parent.parent / "tests" / "fixtures" / "heads"
STEP = 1e-30
ACTIVATIONS = {
    "relu": lambda x: np.where(x.real > 0, x, 0),
    "gelu": lambda x: 0.5 * x * (1 + erf(x / np.sqrt(2))),
    "silu": lambda x: x / (1 + np.exp(-x)),
}


def single(a):
    return np.asarray(a, np.float32).astype(np.float64)


def softmax(z):
    e = np.exp(z - z.real.max())
    return e / e.sum()


def gradient(f, x):
    steps = 1j * STEP * np.eye(x.size)
    return [float(f(x + step).imag / STEP) for step in steps]


def head(rng, d, hidden, activation, outputs, centres, scale):
    tensors = {}
    if hidden:
        tensors["hidden.weight"] = single(rng.normal(size=(hidden, d)))
        tensors["hidden.bias"] = single(rng.normal(size=hidden))
    tensors["output.weight"] = single(rng.normal(size=(outputs, hidden or d)))
    tensors["output.bias"] = single(rng.normal(size=outputs))

    def predict(x):
        if hidden:
            x = ACTIVATIONS[activation](tensors["hidden.weight"] @ x + tensors["hidden.bias"])
        out = tensors["output.weight"] @ x + tensors["output.bias"]
        return out[0] * scale if centres is None else softmax(out)[: len(centres)] @ centres

    return tensors, predict


def cases(rng):
    d = 6
    kinds = [("regression", None, "relu", 1.0), ("regression", None, "relu", 2.5)]
    kinds += [("regression", 5, activation, 0.7) for activation in ACTIVATIONS]
    kinds += [("classification", None, "relu", 1.0)]
    kinds += [("classification", 5, activation, 1.0) for activation in ACTIVATIONS]
    kinds += [("classification", None, "fewer bins", 1.0)]
    for head_type, hidden, activation, scale in kinds:
        edges = None
        centres = None
        outputs = 1
        if head_type == "classification":
            outputs = 4
            bins = 3 if activation == "fewer bins" else 4
            edges = np.sort(rng.normal(size=bins + 1))
            centres = (edges[:-1] + edges[1:]) / 2
        tensors, predict = head(rng, d, hidden, activation, outputs, centres, scale)
        rows = [single(rng.normal(size=d)) for _ in range(3)]
        yield {
            "head_type": head_type,
            "head_config": {
                "input_dim": d,
                "hidden_dim": hidden,
                "activation": activation if activation in ACTIVATIONS else "relu",
                "num_classes": outputs,
                "output_scale": scale,
            },
            "bin_edges": None if edges is None else edges.tolist(),
            "tensors": {
                name: {"shape": list(value.shape), "data": value.ravel().tolist()}
                for name, value in tensors.items()
            },
            "features": [row.tolist() for row in rows],
            "predictions": [float(predict(row + 0j).real) for row in rows],
            "gradients": [gradient(predict, row) for row in rows],
        }


def token_cases(rng):
    """A final layer norm, with its scale and shift or folded, and ten columns of an unembedding."""
    d, eps = 6, 1e-5
    for folded in [True, False]:
        for mean, std in [(None, None), (0.4, 1.7)]:
            unembedding = single(rng.normal(size=(10, d)))
            bias = single(rng.normal(size=10))
            scale = np.ones(d) if folded else single(1 + 0.3 * rng.normal(size=d))
            shift = np.zeros(d) if folded else single(rng.normal(size=d))

            def predict(x):
                centred = x - x.mean()
                read = centred / np.sqrt((centred**2).mean() + eps) * scale + shift
                digit = softmax(unembedding @ read + bias) @ np.arange(10)
                return digit if mean is None else mean - 2 * std + digit / 9 * 4 * std

            rows = [single(rng.normal(size=d)) for _ in range(3)]
            yield {
                "eps": eps,
                "unembedding": unembedding.tolist(),
                "bias": bias.tolist(),
                "scale": None if folded else scale.tolist(),
                "shift": None if folded else shift.tolist(),
                "activation_mean": mean,
                "activation_std": std,
                "features": [row.tolist() for row in rows],
                "predictions": [float(predict(row + 0j).real) for row in rows],
                "gradients": [gradient(predict, row) for row in rows],
            }


if __name__ == "__main__":
    OUT.mkdir(parents=True, exist_ok=True)
    content = {
        "made_by": f"numpy {np.__version__}, scipy {scipy.__version__}",
        "cases": list(cases(np.random.default_rng(7))),
        "token_cases": list(token_cases(np.random.default_rng(8))),
    }
    (OUT / "gradients.json").write_text(json.dumps(content, indent=1, allow_nan=False) + "\n")
