"""What Python's transformers and tokenizers make of texts.

reference.py REQUEST.json RESPONSE.json: the request has `folders` (name -> folder) and `texts`; the response has
per name `ids` of each text, without special tokens of its own, `decoded` again, and `bos`; or `error`.
"""

import json
import logging
import os
import sys

os.environ["HF_HUB_OFFLINE"] = "1"
os.environ["TOKENIZERS_PARALLELISM"] = "false"

from tokenizers import __version__ as tokenizers_version  # noqa: E402
from transformers import AutoTokenizer, __version__  # noqa: E402

logging.disable(logging.WARNING)


def answer(folder, texts):
    try:
        tokenizer = AutoTokenizer.from_pretrained(folder)
    except Exception as error:
        return {"error": f"{type(error).__name__}: {error}"[:300]}
    ids = [tokenizer(text, add_special_tokens=False)["input_ids"] for text in texts]
    return {
        "ids": ids,
        "decoded": [tokenizer.decode(each) for each in ids],
        "bos": tokenizer.bos_token_id,
    }


with open(sys.argv[1], encoding="utf-8") as file:
    request = json.load(file)
response = {name: answer(folder, request["texts"]) for name, folder in request["folders"].items()}
versions = {"transformers": __version__, "tokenizers": tokenizers_version}
with open(sys.argv[2], "w", encoding="utf-8") as file:
    json.dump({"versions": versions, "tokenizers": response}, file)
