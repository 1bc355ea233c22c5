"""Writes tests/checkpoint/tiny.pt, in the form in which the reference's train.py saves a run's best model, after
an optimizer's first step, and tests/checkpoint/tiny.json with logits. Run it in tests/python, with torch."""

import json
from pathlib import Path

import torch
from torch import nn

from reference_model import ModelConfig, parameter_shapes, logits

TESTS = Path("../checkpoint")
V, P, C, L, H, M = 300, 8, 8, 2, 2, 32
CONFIG = ModelConfig("reference", V, P, C, L, H, M)


class Norm(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.weight = nn.Parameter(torch.rand(C) + 0.5)


def block() -> nn.Module:
    part = nn.Module()
    part.norm1, part.norm2 = Norm(), Norm()
    part.attn, part.mlp = nn.Module(), nn.Module()
    part.attn.qkv = nn.Linear(C, 3 * C, bias=False)
    part.attn.proj = nn.Linear(C, C, bias=False)
    part.attn.register_buffer("mask", torch.tril(torch.ones(P, P)).view(1, 1, P, P))
    part.mlp.fc1 = nn.Linear(C, M, bias=False)
    part.mlp.fc2 = nn.Linear(M, C, bias=False)
    return part


torch.manual_seed(1)
model = nn.Module()
model.token_embedding = nn.Embedding(V, C)
model.position_embedding = nn.Embedding(P, C)
model.blocks = nn.ModuleList([block() for _ in range(L)])
model.norm = Norm()
tokens = torch.tensor([5, 17, 299, 5, 0, 42, 80])
parameters = {name: dict(model.named_parameters())[name] for name in parameter_shapes(CONFIG)}
optimizer = torch.optim.AdamW(model.parameters(), lr=1e-3)
logits(CONFIG, parameters, tokens, [0, len(tokens)]).square().mean().backward()
optimizer.step()
sizes = {"vocab_size": V, "context_length": P, "d_model": C, "n_layers": L, "n_heads": H, "d_mlp": M}
config = {"tokenizer_path": "checkpoints", **sizes, "dropout": 0.1, "use_bias": False, "tie_embeddings": True}
torch.save(
    {
        "model": model.state_dict(),
        "optimizer": optimizer.state_dict(),
        "model_config": config,
        "epoch": 0,
        "global_step": 1,
        "best_val_loss": 5.5,
        "tokenizer_path": "checkpoints",
    },
    TESTS / "tiny.pt",
)
with torch.no_grad():
    last = logits(CONFIG, parameters, tokens, [0, len(tokens)])[-1]
(TESTS / "tiny.json").write_text(json.dumps({"tokens": tokens.tolist(), "logits": last.tolist()}) + "\n")
