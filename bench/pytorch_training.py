"""The reference recipe in PyTorch for a number of minutes, and the bits a byte that it reaches on held-out
proofs.

    deno run --allow-read bench/training_data.ts data/proofs checkpoints/tokenizer.json 600 > data.json
    python bench/pytorch_training.py data.json --minutes 20 [--threads 2] [--as-shipped]

The best set-up of pytorch_reference.py (fused attention, torch.compile), or as shipped. Padding counts as
targets in training, as in the reference; never in the
score, which is that of `tactics eval`. Compiling is not counted; evaluating isn't either. The schedule is
fixed after timing three steps: warm-up over a tenth, then a cosine from
3e-4 to 3e-5.
"""

import argparse
import json
import math
import time

import torch
from pytorch_reference import Gpt, padded
from torch import nn
from torch.nn import functional as F

PEAK_RATE, LAST_RATE = 3e-4, 3e-5


def learning_rate(step: int, steps: int) -> float:
    """Of step 1 to `steps`."""
    warm_up = max(1, min(1000, steps // 10))
    if step <= warm_up:
        return PEAK_RATE * step / warm_up
    return LAST_RATE + (PEAK_RATE - LAST_RATE) * 0.5 * (
        1 + math.cos(math.pi * (step - warm_up) / max(1, steps - warm_up))
    )


def bits_per_byte(model: Gpt, data: dict) -> float:
    """Over all scoring windows, without dropout."""
    model.eval()
    dropout, rates = model.dropout, [block.dropout for block in model.blocks]
    model.dropout = 0.0
    for block in model.blocks:
        block.dropout = 0.0
    nats = 0.0
    with torch.no_grad():
        for window in data["validation"]:
            tokens, targets = torch.tensor(window["tokens"])[None], torch.tensor(window["targets"])
            nats += F.cross_entropy(model.scores(tokens)[0], targets, ignore_index=-1, reduction="sum").item()
    model.dropout = dropout
    for block, rate in zip(model.blocks, rates):
        block.dropout = rate
    return nats / math.log(2) / data["bytes"]


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("data")
    parser.add_argument("--minutes", type=float, default=20)
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--as-shipped", action="store_true")
    options = parser.parse_args()
    torch.set_num_threads(options.threads)
    torch.manual_seed(1)
    with open(options.data, encoding="utf-8") as file:
        data = json.load(file)
    sizes = data["model"]
    model = Gpt(sizes, sizes["dropout"], not options.as_shipped)
    run = model if options.as_shipped else torch.compile(model)
    optimizer = torch.optim.AdamW(model.parameters(), lr=PEAK_RATE, betas=(0.9, 0.95), weight_decay=0.1)
    batches = [padded(windows, sizes["contextLength"] + 1) for windows in data["batches"]]

    def step(index: int, rate: float) -> None:
        for group in optimizer.param_groups:
            group["lr"] = rate
        optimizer.zero_grad(set_to_none=True)
        batch = batches[index % len(batches)]
        run(batch[:, :-1], batch[:, 1:]).backward()
        nn.utils.clip_grad_norm_(model.parameters(), 1.0)
        optimizer.step()

    step(0, 0.0)  # compiles; a rate of 0 changes nothing
    started = time.perf_counter()
    for index in range(3):
        step(index, 0.0)
    per_step = (time.perf_counter() - started) / 3
    steps = max(1, int(60 * options.minutes / per_step))
    if steps > len(batches):
        print(f"{steps} steps: more than the {len(batches)} batches, which come again", flush=True)
    started = time.perf_counter()
    for index in range(steps):
        step(index, learning_rate(index + 1, steps))
    seconds = time.perf_counter() - started
    print(
        f"PyTorch {torch.__version__}: {steps} steps in {seconds / 60:.1f} min, {bits_per_byte(model, data):.4f} bits/byte",
        flush=True,
    )


main()
