"""The GPT in plain PyTorch, written independently of src/: the oracle for gradients, logits and bits a byte.

Everything is a function over a dictionary of parameters, so that autograd gives the gradients and float64
costs nothing but the
`dtype` argument. Shapes: T flat tokens of a ragged batch, C width, H heads, D = C / H, V vocabulary, M hidden
width of the MLP.

A ragged batch is one flat run of tokens and `offsets`, document i being tokens[offsets[i]:offsets[i + 1]].
Every document starts at
position 0, attention never crosses documents, and the loss is the mean over targets that are not -1.

    reference   x = token_embedding[t] + position_embedding[p]; attention scale 1 / sqrt(D)
    pointer     x = token_embedding[t]; q and k of each head become rotate(x / sqrt(mean(x^2) + 1e-12));
    attention scale 8 / D;
                the first layer's values but the last channel are added to those of every other;
                the halves of a block stand side by side: x += proj(attention(n)) + fc2(gelu(fc1(n))), n = norm1(x);
                the output is a mixture with copies of earlier tokens (`mixture`)
    reference   x += proj(attention(norm1(x))); x += fc2(gelu(fc1(norm2(x))))
    all         logits = norm(x) @ token_embedding^T
"""

import json
import math
from dataclasses import dataclass

import torch
from safetensors import safe_open
from torch import Tensor

EPSILON = 1e-6
HEAD_EPSILON = 1e-12
ROTARY_BASE = 1000.0
IGNORED_TARGET = -1
OWN_SCORE = 6.0
PROBABILITY_FLOOR = 1e-30

Parameters = dict[str, Tensor]


@dataclass(frozen=True)
class ModelConfig:
    """The sizes that fix the shapes of the parameters."""

    architecture: str
    vocab_size: int
    context_length: int
    d_model: int
    n_layers: int
    n_heads: int
    d_mlp: int

    @property
    def head_dim(self) -> int:
        return self.d_model // self.n_heads

    @property
    def attention_scale(self) -> float:
        return 1.0 / math.sqrt(self.head_dim) if self.architecture == "reference" else 8.0 / self.head_dim

    def to_json(self) -> str:
        """The `config` entry of a checkpoint's metadata."""
        return json.dumps(
            {
                "architecture": self.architecture,
                "vocabSize": self.vocab_size,
                "contextLength": self.context_length,
                "dModel": self.d_model,
                "nLayers": self.n_layers,
                "nHeads": self.n_heads,
                "dMlp": self.d_mlp,
                "dropout": 0,
            }
        )


def parameter_shapes(config: ModelConfig) -> dict[str, tuple[int, ...]]:
    """Names and shapes of all parameters, in the checkpoint's order; linear weights are (out, in)."""
    width, hidden = config.d_model, config.d_mlp
    shapes: dict[str, tuple[int, ...]] = {"token_embedding.weight": (config.vocab_size, width)}
    if config.architecture == "reference":
        shapes["position_embedding.weight"] = (config.context_length, width)
    for i in range(config.n_layers):
        shapes[f"blocks.{i}.norm1.weight"] = (width,)
        shapes[f"blocks.{i}.attn.qkv.weight"] = (3 * width, width)
        shapes[f"blocks.{i}.attn.proj.weight"] = (width, width)
        if config.architecture == "reference":
            shapes[f"blocks.{i}.norm2.weight"] = (width,)
        shapes[f"blocks.{i}.mlp.fc1.weight"] = (hidden, width)
        shapes[f"blocks.{i}.mlp.fc2.weight"] = (width, hidden)
    shapes["norm.weight"] = (width,)
    if config.architecture == "pointer":
        shapes["pointer.weight"] = (1, width)
    return shapes


def random_parameters(config: ModelConfig, generator: torch.Generator, spread: float = 0.2) -> Parameters:
    """Random float32 values, wide enough that every gradient is far from zero (real models start at 0.02)."""
    parameters: Parameters = {}
    for name, shape in parameter_shapes(config).items():
        noise = torch.randn(shape, generator=generator, dtype=torch.float32)
        parameters[name] = 1 + 0.1 * noise if len(shape) == 1 else spread * noise
    if config.architecture == "pointer":  # the channel of the first layer's values that nothing reads
        parameters["blocks.0.attn.qkv.weight"][-1] = 0
        parameters["blocks.0.attn.proj.weight"][:, -1] = 0
    return parameters


def load_checkpoint(path: str, dtype: torch.dtype = torch.float32) -> tuple[ModelConfig, Parameters]:
    """Configuration and parameters of a checkpoint. Optimizer state in the same file is left alone."""
    with safe_open(path, framework="pt") as file:
        recorded = json.loads(file.metadata()["config"])
        recorded = recorded.get("model", recorded)
        config = ModelConfig(
            architecture=recorded["architecture"],
            vocab_size=recorded["vocabSize"],
            context_length=recorded["contextLength"],
            d_model=recorded["dModel"],
            n_layers=recorded["nLayers"],
            n_heads=recorded["nHeads"],
            d_mlp=recorded["dMlp"],
        )
        names = set(file.keys())
        parameters: Parameters = {}
        for name, shape in parameter_shapes(config).items():
            if name not in names:
                raise ValueError(f'Cannot load checkpoint "{path}": it has no tensor "{name}"')
            parameters[name] = file.get_tensor(name).to(dtype)
            if tuple(parameters[name].shape) != shape:
                raise ValueError(
                    f'Cannot load checkpoint "{path}": "{name}" is {tuple(parameters[name].shape)}, '
                    f"expected {shape}"
                )
    return config, parameters


def ragged_positions(offsets: list[int]) -> Tensor:
    """(T) the position of every flat token in its own document."""
    return torch.cat([torch.arange(end - begin) for begin, end in zip(offsets, offsets[1:])])


def embed(config: ModelConfig, parameters: Parameters, tokens: Tensor, positions: Tensor) -> Tensor:
    """(T, C) token embeddings, plus position embeddings where the architecture has them."""
    out = parameters["token_embedding.weight"][tokens]
    if config.architecture == "reference":
        out = out + parameters["position_embedding.weight"][positions]
    return out


def rms_norm(inp: Tensor, weight: Tensor | None = None, epsilon: float = EPSILON) -> Tensor:
    """inp / sqrt(mean(inp^2) + epsilon) over the last axis, times the weight if there is one."""
    out = inp / torch.sqrt(inp.pow(2).mean(-1, keepdim=True) + epsilon)
    return out if weight is None else out * weight


def gelu(inp: Tensor) -> Tensor:
    """The exact GELU: x times the normal distribution function."""
    return 0.5 * inp * (1 + torch.erf(inp / math.sqrt(2)))


def rotate(inp: Tensor, positions: Tensor) -> Tensor:
    """Rotary positions on (T, H, D): the pair (i, i + D/2) turns by position * base^(-2i/D)."""
    half = inp.shape[-1] // 2
    frequencies = ROTARY_BASE ** (-torch.arange(half, dtype=torch.float64) / half)
    angles = positions.to(torch.float64)[:, None, None] * frequencies
    cosine, sine = torch.cos(angles).to(inp.dtype), torch.sin(angles).to(inp.dtype)
    first, second = inp[..., :half], inp[..., half:]
    return torch.cat([first * cosine - second * sine, first * sine + second * cosine], dim=-1)


def normalise_and_rotate(qkv: Tensor, positions: Tensor, heads: int) -> Tensor:
    """(T, 3C) with queries and keys normalised by head and rotated; values as they are."""
    rows, width = qkv.shape[0], qkv.shape[1] // 3
    query, key, value = qkv.split(width, dim=1)
    turned = [
        rotate(rms_norm(x.reshape(rows, heads, -1), epsilon=HEAD_EPSILON), positions).reshape(rows, width)
        for x in (query, key)
    ]
    return torch.cat([*turned, value], dim=1)


def attention(
    qkv: Tensor,
    offsets: list[int],
    heads: int,
    scale: float,
    keep: Tensor | None = None,
    window: int | None = None,
) -> Tensor:
    """Causal attention inside each document: qkv (T, 3C) as [q|k|v], out (T, C), head h in columns h*D to
    (h+1)*D.

    With a `window`, a query sees so many keys at most, its own included. `keep` (H, T, T) multiplies the
    attention weights after the softmax (dropout: 0 or 1 / (1 - p)).
    """
    rows, width = qkv.shape[0], qkv.shape[1] // 3
    query, key, value = (
        x.reshape(rows, heads, width // heads).transpose(0, 1) for x in qkv.split(width, dim=1)
    )
    documents = []
    for begin, end in zip(offsets, offsets[1:]):
        length = end - begin
        scores = scale * (query[:, begin:end] @ key[:, begin:end].transpose(1, 2))
        hidden = torch.ones(length, length, dtype=torch.bool).triu(1)
        if window is not None:
            hidden |= torch.ones(length, length, dtype=torch.bool).tril(-window)
        weights = torch.softmax(scores.masked_fill(hidden, -math.inf), dim=-1)
        if keep is not None:
            weights = weights * keep[:, begin:end, begin:end]
        documents.append((weights @ value[:, begin:end]).transpose(0, 1).reshape(length, width))
    return torch.cat(documents)


def block(
    config: ModelConfig,
    parameters: Parameters,
    index: int,
    inp: Tensor,
    offsets: list[int],
    positions: Tensor,
    first_values: Tensor | None,
    window: int | None = None,
) -> tuple[Tensor, Tensor]:
    """(T, C) to (T, C): one layer, and its queries, keys and values (T, 3C). `first_values` (T, C) are those
    of the first layer, None in that layer."""
    names = ("norm1", "attn.qkv", "attn.proj", "mlp.fc1", "mlp.fc2")
    weight = {name: parameters[f"blocks.{index}.{name}.weight"] for name in names}
    normed = rms_norm(inp, weight["norm1"])
    qkv = normed @ weight["attn.qkv"].T
    if config.architecture == "pointer" and first_values is not None:
        query, key, value = qkv.split(config.d_model, dim=1)
        added = torch.cat([first_values[:, :-1], torch.zeros_like(first_values[:, -1:])], dim=1)
        qkv = torch.cat([query, key, value + added], dim=1)
    if config.architecture != "reference":
        qkv = normalise_and_rotate(qkv, positions, config.n_heads)
    mixed = attention(qkv, offsets, config.n_heads, config.attention_scale, window=window)
    out = inp + mixed @ weight["attn.proj"].T
    if config.architecture == "reference":
        normed = rms_norm(out, parameters[f"blocks.{index}.norm2.weight"])
    return out + gelu(normed @ weight["mlp.fc1"].T) @ weight["mlp.fc2"].T, qkv


def logits(
    config: ModelConfig, parameters: Parameters, tokens: Tensor, offsets: list[int], window: int | None = None
) -> Tensor:
    """(T, V) for flat tokens (T); with a pointer, those of `mixture`. The reference architecture has no
    positions beyond its context length."""
    positions = ragged_positions(offsets)
    hidden = embed(config, parameters, tokens, positions)
    first_values: Tensor | None = None
    for i in range(config.n_layers):
        hidden, qkv = block(config, parameters, i, hidden, offsets, positions, first_values, window)
        if first_values is None:
            first_values = qkv[:, 2 * config.d_model :]
    hidden = rms_norm(hidden, parameters["norm.weight"])
    scores = hidden @ parameters["token_embedding.weight"].T
    if config.architecture == "pointer":
        own = hidden @ parameters["pointer.weight"].T
        return mixture(config, scores, qkv, own, tokens, offsets, window)
    return scores


def mixture(
    config: ModelConfig,
    scores: Tensor,
    qkv: Tensor,
    own: Tensor,
    tokens: Tensor,
    offsets: list[int],
    window: int | None,
) -> Tensor:
    """log of the mixture (T, V): a row's own softmax of its scores, and for each earlier key of its document
    the token that followed that key; less what a row has in common, the log of the softmax's share.

    Queries and keys are those of the last layer's first head, in qkv (T, 3C); own (T, 1) is the softmax's
    score. With a `window`, a key lies less than so many rows back.
    """
    width = config.head_dim
    query, key = qkv[:, :width], qkv[:, config.d_model : config.d_model + width]
    rows = []
    for begin, end in zip(offsets, offsets[1:]):
        for row in range(begin, end):
            first = begin if window is None else max(begin, row - window + 1)
            similarity = 8.0 / width * (key[first:row] @ query[row])
            shares = torch.exp(similarity - own[row] - OWN_SCORE)
            copied = torch.zeros_like(scores[row]).index_add(0, tokens[first + 1 : row + 1], shares)
            rows.append(torch.log(torch.softmax(scores[row], dim=0) + copied + PROBABILITY_FLOOR))
    return torch.stack(rows)


def token_losses(scores: Tensor, targets: Tensor) -> Tensor:
    """(T) nats of every target, 0 where it is ignored."""
    real = targets != IGNORED_TARGET
    picked = scores.gather(1, targets.clamp(min=0)[:, None])[:, 0]
    return torch.where(real, torch.logsumexp(scores, dim=1) - picked, torch.zeros((), dtype=scores.dtype))


def mean_loss(scores: Tensor, targets: Tensor) -> Tensor:
    """Mean nats over the targets that are not ignored."""
    return token_losses(scores, targets).sum() / (targets != IGNORED_TARGET).sum()


def loss_and_gradients(
    config: ModelConfig, parameters: Parameters, tokens: Tensor, targets: Tensor, offsets: list[int]
) -> tuple[float, Parameters]:
    """The mean loss of a batch and its gradient for every parameter, in the parameters' own precision."""
    leaves = {name: value.detach().clone().requires_grad_() for name, value in parameters.items()}
    loss = mean_loss(logits(config, leaves, tokens, offsets), targets)
    loss.backward()
    return loss.item(), {name: leaf.grad for name, leaf in leaves.items()}
