"""Writes the golden files of tests/golden/model: every op and two whole models, computed by PyTorch in
float64.

    python tools/golden/model.py [FOLDER]        (needs torch, numpy, safetensors; about two seconds)

Inputs are exact float32 numbers; results are computed from them in float64 and rounded once to float32. Each
file is JSON:

    { name, description, scalars: { name: number }, tensors: { name: { dtype, shape, data } } }

with data the base64 of little-endian float32 ("f32") or int32 ("i32") values in row-major order;
tests/golden/golden_file.ts reads it.
A tensor `dX` is the gradient of the loss for X: the loss is sum(out * dOut) for an op, the mean over real
targets for a whole model.
Formulas come from tests/python/reference_model.py, and are compared here with PyTorch's own functions where
there is one.
"""

import base64
import json
import math
import sys
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "tests" / "python"))
import reference_model as model  # noqa: E402  (the oracle lives with the Python tests)

UINT32 = 0xFFFFFFFF


@dataclass
class Golden:
    """One file under construction."""

    name: str
    description: str
    scalars: dict[str, float] = field(default_factory=dict)
    tensors: dict[str, Tensor] = field(default_factory=dict)

    def write(self, folder: Path) -> int:
        """Write the file, laid out as `deno fmt` leaves it; returns its size in bytes."""
        entries = [f'    "{name}": {tensor_json(value)}' for name, value in self.tensors.items()]
        scalars = [f'    "{name}": {json.dumps(value)}' for name, value in self.scalars.items()]
        text = (
            "{\n"
            + ",\n".join(
                [
                    f'  "name": "{self.name}"',
                    f'  "description": {json.dumps(self.description)}',
                    '  "scalars": {\n' + ",\n".join(scalars) + "\n  }" if scalars else '  "scalars": {}',
                    '  "tensors": {\n' + ",\n".join(entries) + "\n  }",
                ]
            )
            + "\n}\n"
        )
        (folder / f"{self.name}.json").write_text(text, encoding="utf-8")
        return len(text)


def tensor_json(value: Tensor) -> str:
    """A tensor as a JSON object: integers as i32, everything else as f32."""
    array = value.detach().numpy()
    dtype, kind = ("i32", "<i4") if np.issubdtype(array.dtype, np.integer) else ("f32", "<f4")
    data = base64.b64encode(np.ascontiguousarray(array, dtype=kind).tobytes()).decode("ascii")
    shape = json.dumps(list(array.shape))
    return f'{{\n      "dtype": "{dtype}",\n      "shape": {shape},\n      "data": "{data}"\n    }}'


class Source:
    """Seeded inputs: float32 values in float64 tensors."""

    def __init__(self, seed: int) -> None:
        self.generator = torch.Generator().manual_seed(seed)

    def normal(self, *shape: int, spread: float = 1.0, mean: float = 0.0) -> Tensor:
        values = mean + spread * torch.randn(shape, generator=self.generator, dtype=torch.float64)
        return values.to(torch.float32).to(torch.float64)

    def integers(self, bound: int, *shape: int) -> Tensor:
        return torch.randint(bound, shape, generator=self.generator, dtype=torch.int32)


def gradients(out: Tensor, d_out: Tensor, *leaves: Tensor) -> tuple[Tensor, ...]:
    """Gradients of sum(out * dOut)."""
    return torch.autograd.grad((out * d_out).sum(), leaves)


def close(ours: Tensor, theirs: Tensor) -> None:
    """Stop when the formula and PyTorch's own function differ beyond float64 rounding."""
    torch.testing.assert_close(ours, theirs, rtol=1e-10, atol=1e-12)


def bounds(lengths: list[int]) -> list[int]:
    """Document bounds of these lengths."""
    return [sum(lengths[:i]) for i in range(len(lengths) + 1)]


def int32(values: list[int]) -> Tensor:
    return torch.tensor(values, dtype=torch.int32)


# --- dropout: the counter-based generator of src/rng.ts, written again from its description ---


def counter_bits(index: int, key: tuple[int, int]) -> int:
    """The 32 bits that decide on element `index`."""

    def mix32(word: int) -> int:
        word ^= word >> 16
        word = word * 0x7FEB352D & UINT32
        word ^= word >> 15
        word = word * 0x846CA68B & UINT32
        return word ^ word >> 16

    x = mix32(index ^ key[0]) ^ key[1]
    x = x * 0x9E3779B1 & UINT32
    x ^= x >> 15
    x = x * 0x85EBCA77 & UINT32
    return x ^ x >> 16


def dropout_factor(index: int, probability: float, key: tuple[int, int]) -> float:
    """What element `index` is multiplied by: 0 or 1 / (1 - probability)."""
    return 1 / (1 - probability) if counter_bits(index, key) >= probability * 2**32 else 0.0


# --- ops ---


def embedding_golden(source: Source) -> Golden:
    lengths = [5, 1, 7]
    tokens, positions = source.integers(11, 13), model.ragged_positions(bounds(lengths)).to(torch.int32)
    table, position_table = source.normal(11, 6).requires_grad_(), source.normal(9, 6).requires_grad_()
    d_out = source.normal(13, 6)
    plain = table[tokens.long()]
    out = plain + position_table[positions.long()]
    close(plain, F.embedding(tokens.long(), table))
    d_table, d_position_table = gradients(out, d_out, table, position_table)
    return Golden(
        "embedding",
        "out (T, C) = table[tokens] + positionTable[positions]; outPlain is without positions, same dTable.",
        {},
        {
            "tokens": tokens,
            "positions": positions,
            "table": table,
            "positionTable": position_table,
            "out": out,
            "outPlain": plain,
            "dOut": d_out,
            "dTable": d_table,
            "dPositionTable": d_position_table,
        },
    )


def rms_norm_golden(source: Source) -> Golden:
    inp, weight, d_out = (
        source.normal(5, 11, spread=2),
        source.normal(11, mean=1, spread=0.3),
        source.normal(5, 11),
    )
    with torch.no_grad():
        inp[3] *= 2.0**-9  # so small that eps counts
    inp.requires_grad_()
    weight.requires_grad_()
    out = model.rms_norm(inp, weight)
    close(out, F.rms_norm(inp, (11,), weight, model.EPSILON))
    d_inp, d_weight = gradients(out, d_out, inp, weight)
    rstd = 1 / torch.sqrt(inp.pow(2).mean(-1) + model.EPSILON)
    return Golden(
        "rms_norm",
        "out (T, C) = inp * rstd * weight, rstd (T) = 1 / sqrt(mean(inp^2) + eps). Row 3 is tiny.",
        {"eps": model.EPSILON},
        {
            "inp": inp,
            "weight": weight,
            "rstd": rstd,
            "out": out,
            "dOut": d_out,
            "dInp": d_inp,
            "dWeight": d_weight,
        },
    )


def linear_golden(source: Source) -> Golden:
    inp, weight, d_out = (
        source.normal(13, 21).requires_grad_(),
        source.normal(35, 21).requires_grad_(),
        source.normal(13, 35),
    )
    out = inp @ weight.T
    close(out, F.linear(inp, weight))
    d_inp, d_weight = gradients(out, d_out, inp, weight)
    return Golden(
        "linear",
        "out (T, N) = inp (T, K) @ weight (N, K)^T; dInp = dOut @ weight; dWeight = dOut^T @ inp.",
        {},
        {
            "inp": inp,
            "weight": weight,
            "out": out,
            "dOut": d_out,
            "dInp": d_inp,
            "dWeight": d_weight,
        },
    )


def gelu_golden(source: Source) -> Golden:
    edges = torch.tensor(
        [0, -0.0, 1e-6, -1e-6, 0.5, -0.5, 1, -1, -0.75, 3, -3, 5, -5, 6.5, -6.5, 13, -13, 40, -40]
    )
    inp = torch.cat([edges.to(torch.float64), source.normal(30, spread=2)]).requires_grad_()
    d_out = source.normal(49)
    out = model.gelu(inp)
    torch.testing.assert_close(out, F.gelu(inp), rtol=1e-9, atol=1e-13)
    (d_inp,) = gradients(out, d_out, inp)
    return Golden(
        "gelu",
        "out = inp * Phi(inp), Phi the normal distribution function; the first 19 values are edges.",
        {},
        {
            "inp": inp,
            "out": out,
            "dOut": d_out,
            "dInp": d_inp,
        },
    )


def qk_norm_rotary_golden(source: Source) -> Golden:
    rows, heads, width = 10, 3, 18
    positions = int32([0, 0, 1, 2, 3, 4, 5, 6, 200, 1023])
    qkv, d_out = source.normal(rows, 3 * width, spread=1.5).requires_grad_(), source.normal(rows, 3 * width)
    out = model.normalise_and_rotate(qkv, positions.long(), heads)
    (d_qkv,) = gradients(out, d_out, qkv)
    by_head = qkv[:, : 2 * width].reshape(rows, 2 * heads, width // heads)
    rstd = 1 / torch.sqrt(by_head.pow(2).mean(-1) + model.HEAD_EPSILON)
    return Golden(
        "qk_norm_rotary",
        "out (T, 3C): q and k of qkv = [q | k | v] divided by each head's RMS, then turned by position (pairs i, i + D/2). v as it is.",
        {"heads": heads, "base": model.ROTARY_BASE, "eps": model.HEAD_EPSILON},
        {"qkv": qkv, "positions": positions, "rstd": rstd, "out": out, "dOut": d_out, "dQkv": d_qkv},
    )


def attention_golden(source: Source) -> Golden:
    lengths, heads, width = [1, 7, 2, 5], 3, 12
    rows, offsets, scale = sum(lengths), bounds(lengths), 0.5
    qkv, d_out = source.normal(rows, 3 * width).requires_grad_(), source.normal(rows, width)
    out = model.attention(qkv, offsets, heads, scale)
    (d_qkv,) = gradients(out, d_out, qkv)
    query, key, value = (x.reshape(rows, heads, 4).transpose(0, 1) for x in qkv.split(width, dim=1))
    log_sum_exp = torch.zeros(heads, rows, dtype=torch.float64)
    for begin, end in zip(offsets, offsets[1:]):
        one = [x[None, :, begin:end] for x in (query, key, value)]
        theirs = F.scaled_dot_product_attention(*one, is_causal=True, scale=scale)
        close(out[begin:end], theirs[0].transpose(0, 1).reshape(end - begin, width))
        for row in range(begin, end):
            scores = scale * (query[:, row : row + 1] @ key[:, begin : row + 1].transpose(1, 2))
            log_sum_exp[:, row] = torch.logsumexp(scores[:, 0], dim=-1)
    return Golden(
        "attention",
        "out (T, C) from qkv (T, 3C), documents of 1, 7, 2 and 5 rows; logSumExp (H, T) of the scaled scores.",
        {"heads": heads, "scale": scale},
        {
            "bounds": int32(offsets),
            "qkv": qkv,
            "out": out,
            "logSumExp": log_sum_exp,
            "dOut": d_out,
            "dQkv": d_qkv,
        },
    )


def attention_dropout_golden(source: Source) -> Golden:
    lengths, heads, width, stride, probability, key = [4, 6], 2, 12, 9, 0.3, (0x9ABCDEF1, 0x01234567)
    rows, offsets, scale = sum(lengths), bounds(lengths), 8 / 6
    keep = torch.zeros(heads, rows, rows, dtype=torch.float64)
    for h in range(heads):
        for begin, end in zip(offsets, offsets[1:]):
            for row in range(begin, end):
                for j in range(row - begin + 1):
                    keep[h, row, begin + j] = dropout_factor((h * rows + row) * stride + j, probability, key)
    qkv, d_out = source.normal(rows, 3 * width).requires_grad_(), source.normal(rows, width)
    out = model.attention(qkv, offsets, heads, scale, keep)
    (d_qkv,) = gradients(out, d_out, qkv)
    return Golden(
        "attention_dropout",
        "Attention whose weights are multiplied by keep (H, T, T) after the softmax: 0 or 1 / (1 - p), from counterBits of element "
        "(h * T + t) * stride + j, j counted from the document's first row; keep's columns are all T rows.",
        {
            "heads": heads,
            "scale": scale,
            "probability": probability,
            "key0": key[0],
            "key1": key[1],
            "stride": stride,
        },
        {"bounds": int32(offsets), "keep": keep, "qkv": qkv, "out": out, "dOut": d_out, "dQkv": d_qkv},
    )


def attention_cached_golden(source: Source) -> Golden:
    total, past, capacity, heads, width = 9, 5, 12, 3, 12
    qkv = source.normal(total, 3 * width)
    out = model.attention(qkv, [0, total], heads, 0.5)[past:]
    cache = torch.zeros(2, heads, capacity, width // heads, dtype=torch.float64)
    for which, values in enumerate(qkv.split(width, dim=1)[1:]):
        cache[which, :, :past] = values[:past].reshape(past, heads, -1).transpose(0, 1)
    after = cache.clone()
    for which, values in enumerate(qkv.split(width, dim=1)[1:]):
        after[which, :, :total] = values.reshape(total, heads, -1).transpose(0, 1)
    return Golden(
        "attention_cached",
        "4 new rows qkv (S, 3C) after 5 cached ones: out (S, C), caches keys and values (H, L = 12, D) before and after.",
        {"heads": heads, "scale": 0.5, "past": past},
        {
            "qkv": qkv[past:],
            "keys": cache[0],
            "values": cache[1],
            "out": out,
            "keysAfter": after[0],
            "valuesAfter": after[1],
        },
    )


def cross_entropy_golden(source: Source) -> Golden:
    rows, width, vocabulary, scale = 9, 10, 23, 1 / 7
    hidden, table = (
        source.normal(rows, width).requires_grad_(),
        source.normal(vocabulary, width).requires_grad_(),
    )
    targets = source.integers(vocabulary, rows)
    targets[0], targets[5] = -1, -1
    scores = hidden @ table.T
    losses = model.token_losses(scores, targets.long())
    loss = model.mean_loss(scores, targets.long())
    close(loss, F.cross_entropy(scores, targets.long(), ignore_index=-1))
    d_hidden, d_table = torch.autograd.grad(loss, (hidden, table))
    return Golden(
        "cross_entropy_head",
        "losses (T) = -log softmax(hidden (T, C) @ table (V, C)^T)[targets], 0 where the target is -1; gradients of scale * sum(losses), "
        "scale = 1 / 7 real targets, so loss is the mean.",
        {"scale": scale, "loss": loss.item()},
        {
            "hidden": hidden,
            "table": table,
            "targets": targets,
            "logits": scores,
            "losses": losses,
            "dHidden": d_hidden,
            "dTable": d_table,
        },
    )


def residual_golden(source: Source) -> Golden:
    probability, key = 0.25, (0xFEDCBA98, 0x76543211)
    residual, branch, d_out = source.normal(5, 7), source.normal(5, 7).requires_grad_(), source.normal(5, 7)
    keep = torch.tensor(
        [dropout_factor(i, probability, key) for i in range(35)], dtype=torch.float64
    ).reshape(5, 7)
    out = residual + branch * keep
    (d_branch,) = gradients(out, d_out, branch)
    return Golden(
        "residual",
        "out = residual + branch without dropout; outDropped = residual + keep * branch with it, and its dBranch.",
        {"probability": probability, "key0": key[0], "key1": key[1]},
        {
            "residual": residual,
            "branch": branch,
            "keep": keep,
            "out": residual + branch,
            "outDropped": out,
            "dOut": d_out,
            "dBranch": d_branch,
        },
    )


def adam_w_golden(source: Source) -> Golden:
    options = {"learningRate": 0.01, "beta1": 0.9, "beta2": 0.95, "eps": 1e-8, "weightDecay": 0.1}
    parameters = source.normal(23)
    golden = Golden(
        "adam_w",
        "Three updates of torch.optim.AdamW: gradient{n} gives parameters{n}, m{n} and v{n}.",
        options,
        {"parameters0": parameters.clone()},
    )
    leaf = torch.nn.Parameter(parameters.clone())
    optimizer = torch.optim.AdamW([leaf], lr=0.01, betas=(0.9, 0.95), eps=1e-8, weight_decay=0.1)
    for step in (1, 2, 3):
        leaf.grad = source.normal(23, spread=10.0 ** (step - 2))
        leaf.grad[0] = 0.0
        optimizer.step()
        state = optimizer.state[leaf]
        golden.tensors |= {
            f"gradient{step}": leaf.grad,
            f"parameters{step}": leaf.detach().clone(),
            f"m{step}": state["exp_avg"].clone(),
            f"v{step}": state["exp_avg_sq"].clone(),
        }
    return golden


def muon_golden(source: Source) -> Golden:
    """The iteration's polynomial applied to singular values, which is what the iteration does to them."""
    options = {"stepSize": 0.02, "beta": 0.95, "decay": 0.001, "gradientScale": 0.5}
    golden = Golden(
        "muon",
        "Two Muon updates each of a tall and a wide matrix: gradient{shape}{n} gives matrix{shape}{n} and momentum{shape}{n}.",
        options,
    )
    for shape, rows, columns in (("Tall", 11, 5), ("Wide", 6, 10)):
        matrix, momentum = source.normal(rows, columns), torch.zeros(rows, columns, dtype=torch.float64)
        golden.tensors[f"matrix{shape}0"] = matrix
        for step in (1, 2):
            gradient = source.normal(rows, columns, spread=10.0**-step)
            scaled = 0.5 * gradient
            momentum = 0.95 * momentum + 0.05 * scaled
            left, values, right = torch.linalg.svd(0.05 * scaled + 0.95 * momentum, full_matrices=False)
            values = values / values.norm()
            for _ in range(5):
                values = 3.4445 * values - 4.7750 * values**3 + 2.0315 * values**5
            matrix = (1 - 0.001) * matrix - 0.02 * (left @ torch.diag(values) @ right)
            golden.tensors |= {
                f"gradient{shape}{step}": gradient,
                f"momentum{shape}{step}": momentum,
                f"matrix{shape}{step}": matrix,
            }
    return golden


def clip_golden(source: Source) -> Golden:
    golden = Golden(
        "clip", "clip_grad_norm_ over a and b together: factor = min(1, maxNorm / (norm + 1e-6))."
    )
    first, second = source.normal(3, 5), source.normal(7)
    golden.tensors |= {"a": first, "b": second}
    for name, max_norm in (("Tight", 1.0), ("Loose", 100.0)):
        leaves = [torch.nn.Parameter(torch.zeros_like(x)) for x in (first, second)]
        leaves[0].grad, leaves[1].grad = first.clone(), second.clone()
        norm = torch.nn.utils.clip_grad_norm_(leaves, max_norm).item()
        golden.scalars |= {
            "norm": norm,
            f"maxNorm{name}": max_norm,
            f"factor{name}": min(1.0, max_norm / (norm + 1e-6)),
        }
        golden.tensors |= {f"a{name}": leaves[0].grad, f"b{name}": leaves[1].grad}
    return golden


# --- whole models ---


def model_golden(
    name: str, config: model.ModelConfig, lengths: list[int], seed: int, updated: bool
) -> Golden:
    """A whole model: loss, logits, all gradients and, if `updated`, the parameters after three clipped AdamW
    steps on the same batch."""
    generator = torch.Generator().manual_seed(seed)
    start = {
        key: value.to(torch.float64) for key, value in model.random_parameters(config, generator).items()
    }
    offsets, rows = bounds(lengths), sum(lengths)
    tokens = torch.randint(config.vocab_size, (rows,), generator=generator)
    targets = torch.randint(config.vocab_size, (rows,), generator=generator)
    targets[[offsets[1] - 1, rows // 2]] = model.IGNORED_TARGET
    loss, grads = model.loss_and_gradients(config, start, tokens, targets, offsets)

    options = {
        "learningRate": 0.01,
        "beta1": 0.9,
        "beta2": 0.95,
        "eps": 1e-8,
        "weightDecay": 0.1,
        "gradClip": 1.0,
    }
    leaves = {key: torch.nn.Parameter(value.clone()) for key, value in start.items()}
    optimizer = torch.optim.AdamW(leaves.values(), lr=0.01, betas=(0.9, 0.95), eps=1e-8, weight_decay=0.1)
    trace: dict[str, float] = {}
    for step in range(3):
        step_loss, step_grads = model.loss_and_gradients(config, leaves, tokens, targets, offsets)
        for key, leaf in leaves.items():
            leaf.grad = step_grads[key]
        trace[f"loss{step}"] = step_loss
        trace[f"gradNorm{step}"] = torch.nn.utils.clip_grad_norm_(leaves.values(), options["gradClip"]).item()
        optimizer.step()
    trace["loss3"] = model.loss_and_gradients(config, leaves, tokens, targets, offsets)[0]

    sizes = {
        key: value
        for key, value in json.loads(config.to_json()).items()
        if key not in ("architecture", "dropout")
    }
    golden = Golden(
        name,
        f"A whole {config.architecture} model: tokens, targets (-1 ignored), document bounds, logits (T, V), loss (mean over real targets), "
        "parameters `parameter.NAME`, gradients `gradient.NAME`, and (in two of the files) `after.NAME` once three AdamW steps "
        "(decay on every parameter, gradients clipped together) on the same batch are done; loss{n} and gradNorm{n} (before clipping) are those after n steps.",
        {**sizes, **options, "loss": loss, **trace},
        {
            "tokens": tokens.to(torch.int32),
            "targets": targets.to(torch.int32),
            "bounds": int32(offsets),
            "logits": model.logits(config, start, tokens, offsets),
        },
    )
    for prefix, values in (("parameter", start), ("gradient", grads), ("after", leaves if updated else {})):
        golden.tensors |= {f"{prefix}.{key}": value for key, value in values.items()}
    return golden


def all_goldens() -> list[Golden]:
    ops = [
        embedding_golden,
        rms_norm_golden,
        linear_golden,
        gelu_golden,
        qk_norm_rotary_golden,
        attention_golden,
        attention_dropout_golden,
        attention_cached_golden,
        cross_entropy_golden,
        residual_golden,
        adam_w_golden,
        clip_golden,
        muon_golden,
    ]
    return [make(Source(100 + index)) for index, make in enumerate(ops)] + [
        model_golden(
            "model_reference",
            model.ModelConfig("reference", 37, 16, 24, 2, 3, 36),
            [7, 1, 16],
            1,
            updated=False,
        ),
        model_golden(
            "model_reference_odd",
            model.ModelConfig("reference", 11, 9, 15, 1, 3, 13),
            [1, 9, 2, 4],
            4,
            updated=True,
        ),
        model_golden(
            "model_pointer", model.ModelConfig("pointer", 13, 16, 24, 3, 3, 36), [7, 1, 16], 7, updated=True
        ),
        model_golden(
            "model_pointer_odd",
            model.ModelConfig("pointer", 5, 9, 18, 2, 3, 13),
            [1, 9, 2, 4],
            8,
            updated=False,
        ),
    ]


def main() -> None:
    folder = Path(sys.argv[1]) if len(sys.argv) > 1 else ROOT / "tests" / "golden" / "model"
    folder.mkdir(parents=True, exist_ok=True)
    total = 0
    for golden in all_goldens():
        for name, value in golden.tensors.items():
            if not torch.isfinite(value.detach()).all():
                raise ValueError(f"{golden.name}: {name} is not finite")
        for name, value in golden.scalars.items():
            if not math.isfinite(value):
                raise ValueError(f"{golden.name}: {name} is not finite")
        total += golden.write(folder)
    print(f"{folder}: {total} bytes in {len(all_goldens())} files")


if __name__ == "__main__":
    main()
