"""Exports a checkpoint with learned positions as an ordinary PyTorch program does, to see what `tactics
verify` says of such folders.

    python tests/python/reference_export.py CHECKPOINT FOLDER

The module is written as such modules are: positions from an embedding of context_length rows, a causal mask
in a buffer, caches that are
concatenated, a linear layer whose weight is tied to the embedding. Its graph is right inside the context and
when it starts with an empty
cache. What follows from the form: it fails past the context, takes the zero cache for a token, and stores the
tied weight twice.
"""

import argparse
import json
import shutil
import warnings
from pathlib import Path

import reference_model as model
import torch
from torch import Tensor, nn


class Attention(nn.Module):
    """Causal attention after a cache."""

    def __init__(self, config: model.ModelConfig) -> None:
        super().__init__()
        self.heads = config.n_heads
        self.scale = config.attention_scale
        self.qkv = nn.Linear(config.d_model, 3 * config.d_model, bias=False)
        self.proj = nn.Linear(config.d_model, config.d_model, bias=False)
        length = config.context_length
        self.register_buffer(
            "mask", torch.ones(length, length, dtype=torch.bool).tril()[None, None], persistent=False
        )

    def forward(self, inp: Tensor, past_key: Tensor, past_value: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        batch, new, width = inp.shape
        heads = (
            x.view(batch, new, self.heads, -1).transpose(1, 2) for x in self.qkv(inp).split(width, dim=2)
        )
        query, key, value = heads
        key, value = torch.cat([past_key, key], dim=2), torch.cat([past_value, value], dim=2)
        total = key.size(2)
        scores = self.scale * (query @ key.transpose(-2, -1))
        scores = scores.masked_fill(~self.mask[:, :, total - new : total, :total], float("-inf"))
        mixed = (scores.softmax(-1) @ value).transpose(1, 2).reshape(batch, new, width)
        return self.proj(mixed), key, value


class Norm(nn.Module):
    """RMSNorm."""

    def __init__(self, width: int) -> None:
        super().__init__()
        self.weight = nn.Parameter(torch.ones(width))

    def forward(self, inp: Tensor) -> Tensor:
        return model.rms_norm(inp, self.weight)


class Mlp(nn.Module):
    """Two linear layers around GELU."""

    def __init__(self, config: model.ModelConfig) -> None:
        super().__init__()
        self.fc1 = nn.Linear(config.d_model, config.d_mlp, bias=False)
        self.fc2 = nn.Linear(config.d_mlp, config.d_model, bias=False)

    def forward(self, inp: Tensor) -> Tensor:
        return self.fc2(nn.functional.gelu(self.fc1(inp)))


class Block(nn.Module):
    """One layer."""

    def __init__(self, config: model.ModelConfig) -> None:
        super().__init__()
        self.norm1, self.attn = Norm(config.d_model), Attention(config)
        self.norm2, self.mlp = Norm(config.d_model), Mlp(config)

    def forward(self, inp: Tensor, past_key: Tensor, past_value: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        attended, key, value = self.attn(self.norm1(inp), past_key, past_value)
        out = inp + attended
        return out + self.mlp(self.norm2(out)), key, value


class Gpt(nn.Module):
    """input_ids and caches to logits and grown caches; parameters under the checkpoint's names."""

    def __init__(self, config: model.ModelConfig) -> None:
        super().__init__()
        self.token_embedding = nn.Embedding(config.vocab_size, config.d_model)
        self.position_embedding = nn.Embedding(config.context_length, config.d_model)
        self.blocks = nn.ModuleList(Block(config) for _ in range(config.n_layers))
        self.norm = Norm(config.d_model)
        self.head = nn.Linear(config.d_model, config.vocab_size, bias=False)
        self.head.weight = self.token_embedding.weight

    def forward(self, input_ids: Tensor, *past: Tensor) -> tuple[Tensor, ...]:
        cached = past[0].size(2)
        positions = torch.arange(cached, cached + input_ids.size(1))
        out = self.token_embedding(input_ids) + self.position_embedding(positions)
        present: list[Tensor] = []
        for i, block in enumerate(self.blocks):
            out, key, value = block(out, past[2 * i], past[2 * i + 1])
            present += [key, value]
        return self.head(self.norm(out)), *present


def main() -> None:
    parser = argparse.ArgumentParser(description="Exports a checkpoint with PyTorch's exporter.")
    parser.add_argument("checkpoint", type=Path)
    parser.add_argument("folder", type=Path)
    options = parser.parse_args()
    config, parameters = model.load_checkpoint(str(options.checkpoint))
    gpt = Gpt(config).eval()
    gpt.load_state_dict({**parameters, "head.weight": parameters["token_embedding.weight"]})

    parts = [f"key_values.{i}.{part}" for i in range(config.n_layers) for part in ("key", "value")]
    inputs, outputs = [f"past_{name}" for name in parts], [f"present_{name}" for name in parts]
    axes = {"input_ids": {0: "batch", 1: "sequence"}, "logits": {0: "batch", 1: "sequence"}}
    axes |= {name: {0: "batch", 2: "cache"} for name in inputs} | {
        name: {0: "batch", 2: "total"} for name in outputs
    }
    example = [torch.zeros(1, config.n_heads, 2, config.head_dim) for _ in inputs]
    options.folder.mkdir(parents=True)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        torch.onnx.export(
            gpt,
            (torch.zeros(1, 3, dtype=torch.long), *example),
            str(options.folder / "model.onnx"),
            dynamo=False,
            input_names=["input_ids", *inputs],
            output_names=["logits", *outputs],
            dynamic_axes=axes,
            opset_version=18,
        )
    keys = ["vocab_size", "context_length", "d_model", "n_layers", "n_heads", "head_dim", "d_mlp"]
    written = {"model_type": "gpt", **{key: getattr(config, key) for key in keys}}
    (options.folder / "config.json").write_text(json.dumps(written, indent=2))
    shutil.copy(options.checkpoint.parent / "tokenizer.json", options.folder)


if __name__ == "__main__":
    main()
