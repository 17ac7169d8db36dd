"""Times of transformers: `python family_times.py FOLDER LAYER LENGTH PATCHED RUNS`.

Prints {"load", "forward", "patched"}: seconds of loading, of a forward of 1×128 with logits, and of one padded batch
of PATCHED prompts up to the last block in which an MLP neuron of LAYER is scaled at each last token.
"""

import json
import sys
import time

import torch
from transformers import AutoModelForCausalLM
from transformers.utils.logging import disable_progress_bar


def seconds(run):
    started = time.perf_counter()
    run()
    return time.perf_counter() - started


def main(folder, layer, length, patched, runs):
    disable_progress_bar()
    times = {"load": [], "forward": [], "patched": []}
    models = []

    def load():
        models.append(AutoModelForCausalLM.from_pretrained(folder, dtype=torch.float32).eval())

    for _ in range(2):
        models.clear()
        times["load"].append(seconds(load))
    model = models[0]
    vocabulary = model.config.vocab_size
    one = torch.randint(vocabulary, (1, 128))
    rows = torch.randint(vocabulary, (patched, length))
    mlp = model.base_model.layers[layer].mlp
    out = mlp.down_proj if hasattr(mlp, "down_proj") else mlp.dense_4h_to_h

    def scale(_module, inputs):
        post = inputs[0].clone()
        post[:, -1, 26] *= 0.5
        return (post,)

    def patch():
        hook = out.register_forward_pre_hook(scale)
        try:
            model.base_model(rows, use_cache=False)
        finally:
            hook.remove()

    with torch.inference_mode():
        model(one)
        patch()
        for _ in range(runs):
            times["forward"].append(seconds(lambda: model(one, use_cache=False)))
            times["patched"].append(seconds(patch))
    print(json.dumps(times))


main(sys.argv[1], *map(int, sys.argv[2:]))
