"""Writes tests/fixtures/audit.json: an audit's numbers, computed a second time from nothing but weights.

Run from the project folder, with a Python that has torch, scipy, statsmodels and safetensors, and node:

    python scripts/make-audit-fixture.py

The model is golden-a's in float64, from TransformerLens's processed weights, a straight-line forward pass
run as a whole for every patch. Slopes are statsmodels' (causal ones with a dummy variable for each text),
left out text by text by fitting again; moves along the inputs are found by Brent's method along autograd's
gradient; ends of Fieller's intervals by Brent's method as well. Only which texts give their values to which
is asked of tslens, by node.
"""

import json
import math
import pathlib
import subprocess

import numpy as np
import scipy.optimize
import scipy.stats
import statsmodels.api as sm
import torch
from safetensors.torch import load_file

ROOT = pathlib.Path(__file__).resolve().parent.parent
TEXTS, TRAINED, DONORS, VOCABULARY = 120, 400, 20, 300
HEADS, LAYERS, D, D_HEAD, EPS = 4, 4, 48, 12, 1e-5
weights = {
    name: tensor.double()
    for name, tensor in load_file(ROOT / "tests/fixtures/golden-a/weights_processed.safetensors").items()
}
random = np.random.default_rng(20261128)


def normed(x):
    x = x - x.mean(-1, keepdim=True)
    return x / (x.pow(2).mean(-1, keepdim=True) + EPS).sqrt()


def run(tokens, change=None, start=0, stream=None):
    """Activations by name at the last token [batch, size]; `change` is called with each whole activation."""
    seen = {}

    def at(name, x):
        if change is not None:
            x = change(name, x)
        seen[name] = x[:, -1]
        return x

    w = weights
    if stream is None:
        stream = w["embed.W_E"][tokens] + w["pos_embed.W_pos"][: tokens.shape[1]]
    n = stream.shape[1]
    mask = torch.full((n, n), -math.inf, dtype=torch.float64).triu(1)
    for layer in range(start, LAYERS):
        b = f"blocks.{layer}."
        stream = at(f"resid_pre.{layer}", stream)
        x = normed(stream)
        q, k, v = (
            torch.einsum("bpd,hde->bhpe", x, w[b + f"attn.W_{c}"]) + w[b + f"attn.b_{c}"][:, None]
            for c in "QKV"
        )
        pattern = ((q @ k.transpose(2, 3)) / math.sqrt(D_HEAD) + mask).softmax(-1)
        stream = stream + torch.einsum("bhpe,hed->bpd", pattern @ v, w[b + "attn.W_O"]) + w[b + "attn.b_O"]
        pre = at(f"pre.{layer}", normed(stream) @ w[b + "mlp.W_in"] + w[b + "mlp.b_in"])
        post = at(f"post.{layer}", torch.nn.functional.gelu(pre, approximate="tanh"))
        out = at(f"mlp_out.{layer}", post @ w[b + "mlp.W_out"] + w[b + "mlp.b_out"])
        stream = at(f"resid_post.{layer}", stream + out)
    return seen


def some_tokens(count):
    return [random.integers(0, VOCABULARY, random.integers(3, 9)).tolist() for _ in range(count)]


def clean(texts):
    runs = [run(torch.tensor([ids])) for ids in texts]
    return {name: torch.cat([one[name] for one in runs]) for name in runs[0]}


def prediction(head, features):
    features = features.double()
    if "hidden" in head:
        weight, bias = (torch.tensor(part, dtype=torch.float64) for part in head["hidden"])
        features = torch.nn.functional.silu(features @ weight.T + bias)
    weight, bias = (torch.tensor(part, dtype=torch.float64) for part in head["output"])
    return (features @ weight.T + bias)[:, 0].numpy()


def single(values):
    return np.asarray(values, np.float32).astype(float).tolist()


def trained(features, targets, width):
    """Least squares on the features, or on random units of them."""
    hidden = None
    x = features
    if width:
        size = features.std(0).mean()
        hidden = [single(random.normal(size=(width, D)) / size / 4), single(random.normal(size=width))]
        x = features @ np.array(hidden[0]).T + np.array(hidden[1])
        x = x / (1 + np.exp(-x))
    fit = np.linalg.lstsq(np.column_stack([x, np.ones(len(x))]), targets, rcond=1e-6)[0]
    head = {"output": [[single(fit[:-1])], single(fit[-1:])]}
    return {**head, "hidden": hidden} if width else head


def slope(x, y, groups=None):
    columns = [np.asarray(x)]
    if groups is None:
        columns.append(np.ones(len(x)))
    else:
        columns += [(groups == group).astype(float) for group in np.unique(groups)]
    return sm.OLS(np.asarray(y), np.column_stack(columns)).fit().params[0]


def left_out(x, y, groups, donors):
    """Without each text: the runs on it, and those of others that took its value."""
    return np.array(
        [slope(x[is_other], y[is_other], groups[is_other])
         for is_other in ((groups != text) & (donors != text) for text in range(TEXTS))]
    )


def limits(estimate, without):
    """docs/results.md: the jackknife, Student's t of the effective degrees of freedom, Hall's skewness."""
    n = len(without)
    own = without.mean() - without
    variance = (own**2).mean()
    error = math.sqrt((n - 1) * variance)
    kurtosis = (own**4).mean() / variance**2 * (n + 1) / (n - 1)
    t = scipy.stats.t.ppf(0.975, max(1, min(2 * n / (kurtosis - 1), n - 2)))
    skewness = (own**3).mean() / variance**1.5 / math.sqrt(n)
    low, high = (np.cbrt(1 + skewness * (z - skewness / 6)) * 3 / skewness - 3 / skewness for z in (-t, t))
    return estimate - max(high, t) * error, estimate - min(low, -t) * error


def fieller(part, whole):
    """All ratios at which part − ratio · whole may be 0."""
    ratio = part[0] / whole[0]
    ends = []
    for side in (-1, 1):
        # On the way to it one end of the difference's interval comes to 0.
        end = 0 if side * whole[0] < 0 else 1
        of = lambda at: limits(part[0] - at * whole[0], part[1] - at * whole[1])[end]
        start, step = of(ratio), 1e-3 * (abs(ratio) + 0.01)
        while of(ratio + side * step) * start > 0:
            step *= 1.5
        ends.append(scipy.optimize.brentq(of, ratio, ratio + side * step, xtol=1e-12))
    return ends


def moved(name, layer, index, ids, own, goal):
    """The stream before the block at the last token, moved until the neuron would have the other value."""
    tokens = torch.tensor([ids])
    whole = []
    run(tokens, lambda at, x: (whole.append(x.detach()) if at == f"resid_pre.{layer}" else None, x)[1])
    before = whole[0]
    last = before[:, -1].clone().requires_grad_(True)
    with_last = lambda x: torch.cat([before[:, :-1], x[:, None]], 1)
    of = lambda x: run(None, start=layer, stream=with_last(x))[f"{name}.{layer}"][:, index]
    gradient = torch.autograd.grad(of(last).sum(), last)[0]
    base = before[:, -1]
    with torch.no_grad():
        miss = lambda step: float(of(base + step * gradient)) - goal
        step = (goal - own) / float(gradient.pow(2).sum())
        for _ in range(6):
            if miss(step) * (own - goal) <= 0:
                found = scipy.optimize.brentq(miss, 0, step, xtol=1e-13)
                return (base + found * gradient)[0]
            step *= 2
    return None


def audit(texts, donors, hook, layer, index, feature_layer, head):
    state = clean(texts)
    activation = state[f"{hook}.{layer}"][:, index].detach().numpy()
    predicted = prediction(head, state[f"resid_post.{feature_layer}"].detach())
    values, causal, inputs, groups, from_, missed = [], [], [], [], [], 0
    # What a plain hidden neuron reads comes to it as hook_pre.
    name = "pre" if hook == "post" else hook
    reached = state[f"{name}.{layer}"][:, index].detach().numpy()
    for text, ids in enumerate(texts):
        goals = [donors[donor][text] for donor in range(DONORS)]
        tokens = torch.tensor([ids] * DONORS)

        def setting(numbers, streams=None):
            def change(at, x):
                x = x.clone()
                if streams is not None and at == f"resid_pre.{layer}":
                    x[:, -1] = streams
                if at == f"{hook}.{layer}":
                    x[:, -1, index] = torch.tensor(numbers)
                return x

            return change

        with torch.no_grad():
            patched = run(tokens, setting(activation[goals]))
        streams = [moved(name, layer, index, ids, reached[text], reached[goal]) for goal in goals]
        missed += sum(one is None for one in streams)
        own = state[f"resid_pre.{layer}"][text]
        with torch.no_grad():
            held = run(
                tokens,
                setting(
                    np.full(DONORS, activation[text]),
                    torch.stack([own if one is None else one for one in streams]),
                ),
            )
        values += activation[goals].tolist()
        causal += prediction(head, patched[f"resid_post.{feature_layer}"]).tolist()
        got = prediction(head, held[f"resid_post.{feature_layer}"]).tolist()
        inputs += [math.nan if stream is None else value for stream, value in zip(streams, got)]
        groups += [text] * DONORS
        from_ += goals
    values, causal, inputs, groups, from_ = map(np.array, (values, causal, inputs, groups, from_))
    there = ~np.isnan(inputs)
    observational = (
        slope(activation, predicted),
        np.array([slope(np.delete(activation, i), np.delete(predicted, i)) for i in range(TEXTS)]),
    )

    def part(y, is_there):
        x, y, g, f = values[is_there], y[is_there], groups[is_there], from_[is_there]
        return slope(x, y, g), left_out(x, y, g, f)

    shares = {"causal": part(causal, np.ones(len(values), bool)), "input": part(inputs, there)}
    return {
        "r": scipy.stats.pearsonr(activation, predicted)[0],
        "observational_slope": [observational[0], *limits(*observational)],
        "unreached": missed / len(values),
        **{
            f"{name}_slope": [own[0], *limits(*own)] for name, own in shares.items()
        },
        **{
            f"{name}_share": [own[0] / observational[0], *fieller(own, observational)]
            for name, own in shares.items()
        },
    }


def donor_plan():
    code = (
        "const { donorPlan } = require('./src/experiments/audit/donors');"
        f"console.log(JSON.stringify(donorPlan({TEXTS}, {DONORS}, {{ seed: 0, name: 'audit-donors' }})))"
    )
    return json.loads(subprocess.check_output(["node", "--import", "tsx", "-e", code], cwd=ROOT))


def main():
    training, texts, donors = some_tokens(TRAINED), some_tokens(TEXTS), donor_plan()
    learnt = {name: value.detach().numpy() for name, value in clean(training).items()}
    cases = []
    for hook, layer, index, feature_layer, width in (("post", 1, 30, 2, 0), ("mlp_out", 2, 7, 3, 12)):
        head = trained(learnt[f"resid_post.{feature_layer}"], learnt[f"{hook}.{layer}"][:, index], width)
        numbers = audit(texts, donors, hook, layer, index, feature_layer, head)
        case = {"layer_type": hook, "target_layer": layer, "target_neuron": index}
        cases.append({**case, "feature_layer": feature_layer, "head": head, **numbers})
        print(json.dumps(numbers, indent=1))
    file = ROOT / "tests" / "fixtures" / "audit.json"
    file.write_text(json.dumps({"texts": texts, "donors": donors, "cases": cases}) + "\n")


main()
