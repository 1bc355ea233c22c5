"""One training step of the same model in PyTorch, beside ours: as the reference implementation ships it, and
in the best set-up found.

    python bench/pytorch_reference.py BATCHES.json [--threads 1 2] [--steps 3] [--no-compile]

BATCHES.json is what `deno task bench --data-dir FOLDER --batches FILE` leaves: token documents of the same
batches that ours is timed on.

    as shipped   windows padded to 257 tokens with id 0, which count as targets; attention written out
    (scores, mask, softmax, dropout), eager
    best         the same padded windows; fused attention without dropout of its weights, torch.compile

Each set-up's loss is compared with tests/python/reference_model.py before it is timed. Tokens a second are
those of real targets, padding left out. Both train the same architecture with AdamW and clipping, as ours
does.
Shapes: B windows, T positions, C width, H heads, D = C / H.
"""

import argparse
import json
import math
import os
import sys
import time

import torch
from torch import Tensor, nn
from torch.nn import functional as F

ROOT = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..")
sys.path.insert(0, os.path.join(ROOT, "tests", "python"))

import reference_model  # noqa: E402

EPSILON = 1e-6
ROTARY_BASE = 1000.0


class RmsNorm(nn.Module):
    """inp / sqrt(mean(inp^2) + 1e-6) * weight."""

    def __init__(self, width: int) -> None:
        super().__init__()
        self.weight = nn.Parameter(torch.ones(width))

    def forward(self, inp: Tensor) -> Tensor:
        return F.rms_norm(inp, (inp.shape[-1],), self.weight, EPSILON)


class Block(nn.Module):
    """One layer, (B, T, C) to (B, T, C), and its queries, keys and values (B, H, T, D); the first layer's are
    added to the values if there are any, but for the last channel. Attention and MLP stand side by side."""

    def __init__(self, sizes: dict[str, int], dropout: float, fused: bool) -> None:
        super().__init__()
        width, hidden = sizes["dModel"], sizes["dMlp"]
        self.heads, self.dropout, self.fused = sizes["nHeads"], dropout, fused
        self.norm1 = RmsNorm(width)
        self.qkv, self.proj = nn.Linear(width, 3 * width, bias=False), nn.Linear(width, width, bias=False)
        self.fc1, self.fc2 = nn.Linear(width, hidden, bias=False), nn.Linear(hidden, width, bias=False)

    def forward(
        self, inp: Tensor, cosine: Tensor, sine: Tensor, future: Tensor, first_values: Tensor | None
    ) -> tuple[Tensor, tuple[Tensor, Tensor, Tensor]]:
        normed = self.norm1(inp)
        mixed, heads = self.attention(normed, cosine, sine, future, first_values)
        middle = inp + F.dropout(self.proj(mixed), self.dropout)
        return middle + F.dropout(self.fc2(F.gelu(self.fc1(normed))), self.dropout), heads

    def attention(
        self, inp: Tensor, cosine: Tensor, sine: Tensor, future: Tensor, first_values: Tensor | None
    ) -> tuple[Tensor, tuple[Tensor, Tensor, Tensor]]:
        batch, length, width = inp.shape
        parts = self.qkv(inp).view(batch, length, 3, self.heads, width // self.heads).permute(2, 0, 3, 1, 4)
        query, key = (
            rotate(F.rms_norm(x, (x.shape[-1],), None, reference_model.HEAD_EPSILON), cosine[:length], sine[:length])
            for x in parts[:2]
        )
        value = parts[2] if first_values is None else parts[2] + first_values
        scale = 8.0 * self.heads / width
        if self.fused:
            mixed = F.scaled_dot_product_attention(query, key, value, is_causal=True, scale=scale)
        else:
            scores = (scale * query @ key.transpose(2, 3)).masked_fill(future[:length, :length], -math.inf)
            mixed = F.dropout(torch.softmax(scores, dim=-1), self.dropout) @ value
        return mixed.transpose(1, 2).reshape(batch, length, width), (query, key, value)


class Gpt(nn.Module):
    """The model with its loss over all positions, padding included."""

    def __init__(self, sizes: dict, dropout: float, fused: bool) -> None:
        super().__init__()
        self.dropout = dropout
        self.embedding = nn.Embedding(sizes["vocabSize"], sizes["dModel"])
        self.blocks = nn.ModuleList(Block(sizes, dropout, fused) for _ in range(sizes["nLayers"]))
        self.norm = RmsNorm(sizes["dModel"])
        self.pointer = nn.Linear(sizes["dModel"], 1, bias=False)
        length, half = sizes["contextLength"], sizes["dModel"] // sizes["nHeads"] // 2
        angles = torch.arange(length)[:, None] * ROTARY_BASE ** (-torch.arange(half) / half)
        self.register_buffer("cosine", torch.cos(angles))
        self.register_buffer("sine", torch.sin(angles))
        self.register_buffer("future", torch.ones(length, length, dtype=torch.bool).triu(1))
        for name, parameter in self.named_parameters():
            if parameter.dim() > 1:
                nn.init.normal_(parameter, std=0.02)

    def scores(self, tokens: Tensor) -> Tensor:
        """Logits (B, T, V) of tokens (B, T): logarithms of the mixture's probabilities."""
        stream = F.dropout(self.embedding(tokens), self.dropout)
        first_values = None
        for block in self.blocks:
            stream, (query, key, value) = block(stream, self.cosine, self.sine, self.future, first_values)
            if first_values is None:
                # The last channel of the last head is not read.
                first_values = F.pad(value.transpose(1, 2).flatten(2)[..., :-1], (0, 1))
                first_values = first_values.unflatten(2, (value.shape[1], -1)).transpose(1, 2)
        hidden = self.norm(stream)
        scores = hidden @ self.embedding.weight.T
        return self.mixture(scores, self.pointer(hidden), query[:, 0], key[:, 0], tokens)

    def mixture(self, scores: Tensor, own: Tensor, query: Tensor, key: Tensor, tokens: Tensor) -> Tensor:
        """Copies of tokens (B, T) mixed into the distribution: reference_model.mixture, for a whole batch, with
        queries and keys (B, T, D) of the last layer's first head."""
        length, width = tokens.shape[1], query.shape[2]
        similarity = 8.0 / width * query @ key.transpose(1, 2)
        similarity = similarity.masked_fill(torch.ones(length, length, dtype=torch.bool).triu(), -math.inf)
        weights = torch.softmax(torch.cat([own + reference_model.OWN_SCORE, similarity], dim=2), dim=2)
        followers = tokens.roll(-1, 1)[:, None].expand_as(similarity)
        mixed = weights[..., :1] * torch.softmax(scores, dim=2)
        return torch.log(
            mixed.scatter_add(2, followers, weights[..., 1:]) + reference_model.PROBABILITY_FLOOR
        )

    def forward(self, tokens: Tensor, targets: Tensor) -> Tensor:
        return F.cross_entropy(self.scores(tokens).flatten(0, 1), targets.flatten())


def rotate(inp: Tensor, cosine: Tensor, sine: Tensor) -> Tensor:
    """Half-split rotary positions on (B, H, T, D)."""
    first, second = inp.chunk(2, dim=-1)
    return torch.cat([first * cosine - second * sine, first * sine + second * cosine], dim=-1)


def padded(windows: list[list[int]], length: int) -> Tensor:
    """(B, length) with zeros behind each window."""
    return torch.tensor([window + [0] * (length - len(window)) for window in windows])


def check(data: dict, fused: bool) -> None:
    """The loss of one window, without dropout, is the oracle's."""
    sizes = data["model"]
    config = reference_model.ModelConfig(
        sizes["architecture"],
        sizes["vocabSize"],
        sizes["contextLength"],
        sizes["dModel"],
        sizes["nLayers"],
        sizes["nHeads"],
        sizes["dMlp"],
    )
    model = Gpt(sizes, 0.0, fused)
    names = {
        "embedding.": "token_embedding.",
        ".qkv.": ".attn.qkv.",
        ".proj.": ".attn.proj.",
        ".fc1.": ".mlp.fc1.",
        ".fc2.": ".mlp.fc2.",
    }
    parameters = {}
    for name, parameter in model.named_parameters():
        for ours, theirs in names.items():
            name = name.replace(ours, theirs)
        parameters[name] = parameter.detach()
    window = torch.tensor(data["batches"][0][0])
    inputs, targets = window[:-1], window[1:]
    with torch.no_grad():
        expected = reference_model.mean_loss(
            reference_model.logits(config, parameters, inputs, [0, len(inputs)]), targets
        ).item()
        actual = model(inputs[None], targets[None]).item()
    if abs(actual - expected) > 1e-4:
        raise SystemExit(f"the loss is {actual}, expected {expected}")


def measure(data: dict, fused: bool, compiled: bool, threads: int, steps: int) -> tuple[float, float]:
    """Real tokens a second and milliseconds a step, the best time of each batch."""
    torch.set_num_threads(threads)
    torch.manual_seed(1)
    sizes = data["model"]
    model: nn.Module = Gpt(sizes, sizes["dropout"], fused)
    optimizer = torch.optim.AdamW(model.parameters(), lr=3e-4, betas=(0.9, 0.95), weight_decay=0.1)
    run = torch.compile(model) if compiled else model
    batches = [padded(windows, sizes["contextLength"] + 1) for windows in data["batches"]]
    real = sum(len(window) - 1 for windows in data["batches"] for window in windows)

    def step(batch: Tensor) -> float:
        started = time.perf_counter()
        optimizer.zero_grad(set_to_none=True)
        run(batch[:, :-1], batch[:, 1:]).backward()
        nn.utils.clip_grad_norm_(model.parameters(), 1.0)
        optimizer.step()
        return time.perf_counter() - started

    step(batches[0])
    best = [min(step(batch) for _ in range(steps)) for batch in batches]
    return real / sum(best), 1000 * sum(best) / len(best)


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("batches")
    parser.add_argument("--threads", type=int, nargs="+", default=[1, 2])
    parser.add_argument("--steps", type=int, default=3)
    parser.add_argument("--no-compile", action="store_true")
    options = parser.parse_args()
    with open(options.batches, encoding="utf-8") as file:
        data = json.load(file)
    setups = [("as shipped", False, False), ("best", True, not options.no_compile)]
    for name, fused, compiled in setups:
        check(data, fused)
        for threads in options.threads:
            rate, ms = measure(data, fused, compiled, threads, options.steps)
            print(
                f"PyTorch {torch.__version__} {name}, {threads} threads: {rate:.0f} tokens/s, {ms:.0f} ms a step",
                flush=True,
            )


if __name__ == "__main__":
    main()
