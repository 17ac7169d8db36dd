"""The padded batch of whole-runs.ts in Python: `python padded_batch.py LIBRARY FOLDER`.

LIBRARY is transformer_lens or transformers (plain PyTorch modules with forward hooks). Prints a line
with the versions when the model is loaded, then for each line of standard input, a batch as JSON
{"layer", "rows", "last", "neurons", "factors", "head"}, a line {"seconds", "predictions"}.
"""

import json
import sys
import time
from importlib.metadata import version

import torch
from transformers import GPT2LMHeadModel
from transformers.utils.logging import disable_progress_bar


def transformers_batch(hf):
    """Up to the last block's output, without logits."""
    gpt2 = hf.transformer

    def run(tokens, layer, edit):
        kept = []

        def keep(_module, _inputs, output):
            kept.append(output[0] if isinstance(output, tuple) else output)

        hooks = [
            gpt2.h[layer].mlp.act.register_forward_hook(lambda _m, _i, post: edit(post)),
            gpt2.h[-1].register_forward_hook(keep),
        ]
        try:
            gpt2(tokens, use_cache=False)
        finally:
            for hook in hooks:
                hook.remove()
        return kept[0]

    return run


def transformer_lens_batch(hf):
    """The model that `HookedTransformer.from_pretrained` makes, without asking the hub for its config."""
    from transformer_lens import HookedTransformer, HookedTransformerConfig
    from transformer_lens.pretrained.weight_conversions import convert_gpt2_weights

    c = hf.config
    cfg = HookedTransformerConfig(
        n_layers=c.n_layer,
        d_model=c.n_embd,
        n_heads=c.n_head,
        d_head=c.n_embd // c.n_head,
        d_mlp=c.n_inner or 4 * c.n_embd,
        n_ctx=c.n_positions,
        d_vocab=c.vocab_size,
        act_fn=c.activation_function,
        eps=c.layer_norm_epsilon,
        normalization_type="LNPre",
        original_architecture="GPT2LMHeadModel",
        device="cpu",
    )
    model = HookedTransformer(cfg)
    model.load_and_process_state_dict(convert_gpt2_weights(hf, cfg))

    def run(tokens, layer, edit):
        return model.run_with_hooks(
            tokens,
            stop_at_layer=cfg.n_layers,
            fwd_hooks=[(f"blocks.{layer}.mlp.hook_post", lambda post, hook: edit(post))],
        )

    return run


BATCHES = {"transformer_lens": transformer_lens_batch, "transformers": transformers_batch}


def predict(run, request):
    rows = torch.arange(len(request["rows"]))
    last = torch.tensor(request["last"])
    neurons = torch.tensor(request["neurons"])
    factors = torch.tensor(request["factors"])

    def edit(post):
        post[rows, last, neurons] *= factors
        return post

    residual = run(torch.tensor(request["rows"]), request["layer"], edit)
    features = residual[rows, last]
    # Processed weights write nothing to the mean of the residual stream.
    centred = features - features.mean(-1, keepdim=True)
    return (centred @ torch.tensor(request["head"])).tolist()


def main(library, folder):
    disable_progress_bar()
    run = BATCHES[library](GPT2LMHeadModel.from_pretrained(folder).eval())
    names = ("transformer-lens" if library == "transformer_lens" else library, "torch")
    print(json.dumps({"versions": " on ".join(f"{n} {version(n)}" for n in names)}), flush=True)
    with torch.inference_mode():
        for line in sys.stdin:
            request = json.loads(line)
            started = time.perf_counter()
            predictions = predict(run, request)
            seconds = time.perf_counter() - started
            print(json.dumps({"seconds": seconds, "predictions": predictions}), flush=True)


main(*sys.argv[1:])
