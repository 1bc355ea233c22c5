"""Loss and gradients of our backends against PyTorch in float64, on models of random shapes.

    python tests/python/gradients.py [--cases 6] [--seed N] [--backends reference,wasm] [--deno DENO]

Writes each case as a file in the golden format (tools/golden/model.py) into a temporary folder, has
tests/python/gradients.ts answer for
every backend, and compares. Shapes are odd on purpose: widths that are no multiple of a SIMD register,
documents of one token.
"""

import argparse
import base64
import json
import random
import subprocess
import tempfile
from pathlib import Path

import numpy as np
import reference_model as model
import torch
from checks import Checks
from torch import Tensor

HERE = Path(__file__).resolve().parent

# Of the largest element of a tensor. float32 has 6e-8; sums of some hundred terms in float32 lose one to two
# digits more.
GRADIENT_LIMIT = 5e-5
LOSS_LIMIT = 1e-5


def random_config(rng: random.Random) -> model.ModelConfig:
    architecture = rng.choice(["reference", "pointer"])
    heads = rng.randint(1, 5)
    head_dim = 2 * rng.randint(1, 8) if architecture != "reference" else rng.randint(1, 15)
    return model.ModelConfig(
        architecture=architecture,
        vocab_size=rng.randint(5, 90),
        context_length=rng.randint(4, 48),
        d_model=heads * head_dim,
        n_layers=rng.randint(1, 3),
        n_heads=heads,
        d_mlp=rng.randint(1, 100),
    )


def encode(values: Tensor) -> dict[str, object]:
    """A tensor of a golden file."""
    dtype, kind = ("f32", "<f4") if values.dtype.is_floating_point else ("i32", "<i4")
    data = base64.b64encode(values.numpy().astype(kind).tobytes()).decode("ascii")
    return {"dtype": dtype, "shape": list(values.shape), "data": data}


def decode(data: str, shape: torch.Size) -> Tensor:
    return torch.from_numpy(
        np.frombuffer(base64.b64decode(data), dtype="<f4").reshape(shape).astype(np.float64)
    )


def relative_error(ours: Tensor, oracle: Tensor) -> float:
    """Largest difference over the oracle's largest element (floored, for tensors that are all but zero); NaN
    stays NaN."""
    return (ours - oracle).abs().max().item() / max(oracle.abs().max().item(), 1e-6)


class Case:
    """A random model with a random batch."""

    def __init__(self, index: int, seed: int) -> None:
        rng = random.Random(f"{seed} {index}")
        generator = torch.Generator().manual_seed(rng.getrandbits(32))
        self.name = f"case_{index}"
        self.config = random_config(rng)
        self.parameters = model.random_parameters(self.config, generator)
        self.offsets = [0]
        for _ in range(rng.randint(1, 5)):
            self.offsets.append(
                self.offsets[-1]
                + rng.choice([1, rng.randint(1, self.config.context_length), self.config.context_length])
            )
        rows = self.offsets[-1]
        self.tokens = torch.randint(self.config.vocab_size, (rows,), generator=generator)
        self.targets = torch.randint(self.config.vocab_size, (rows,), generator=generator)
        self.targets[torch.rand(rows, generator=generator) < 0.15] = model.IGNORED_TARGET
        self.targets[0] = 1

    def __str__(self) -> str:
        c = self.config
        return (
            f"{c.architecture} V={c.vocab_size} P={c.context_length} C={c.d_model} H={c.n_heads} M={c.d_mlp} layers={c.n_layers} "
            f"rows={self.offsets[-1]}"
        )

    def write(self, folder: Path) -> None:
        tensors = {"tokens": self.tokens, "targets": self.targets, "bounds": torch.tensor(self.offsets)}
        tensors |= {f"parameter.{name}": value for name, value in self.parameters.items()}
        (folder / f"{self.name}.json").write_text(
            json.dumps(
                {
                    "name": self.name,
                    "description": self.config.to_json(),
                    "scalars": {},
                    "tensors": {name: encode(value) for name, value in tensors.items()},
                }
            )
        )

    def compare(self, checks: Checks, folder: Path, backend: str) -> None:
        answer = json.loads((folder / f"{self.name}.{backend}.answer.json").read_text())
        exact = {name: value.to(torch.float64) for name, value in self.parameters.items()}
        loss, gradients = model.loss_and_gradients(
            self.config, exact, self.tokens, self.targets, self.offsets
        )
        checks.below(f"{backend} loss, {self}", abs(answer["loss"] - loss) / loss, LOSS_LIMIT)
        errors = {
            name: relative_error(decode(answer["gradients"][name], value.shape), value)
            for name, value in gradients.items()
        }
        worst = max(errors, key=lambda name: float("inf") if np.isnan(errors[name]) else errors[name])
        checks.below(f"{backend} gradients, worst {worst}", errors[worst], GRADIENT_LIMIT)


def main() -> None:
    parser = argparse.ArgumentParser(description="Gradients of our backends against PyTorch.")
    parser.add_argument("--cases", type=int, default=6)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--backends", default="reference,wasm")
    parser.add_argument("--deno", default="deno")
    options = parser.parse_args()
    cases = [Case(index, options.seed) for index in range(options.cases)]
    with Checks() as checks, tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        for case in cases:
            case.write(folder)
        for backend in options.backends.split(","):
            command = [
                options.deno,
                "run",
                "--quiet",
                "--allow-read",
                f"--allow-write={folder}",
                str(HERE / "gradients.ts"),
                str(folder),
                backend,
            ]
            subprocess.run(command, check=True)
            for case in cases:
                case.compare(checks, folder, backend)


if __name__ == "__main__":
    main()
