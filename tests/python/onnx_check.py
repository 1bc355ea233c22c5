"""Checks an exported folder outside of our own program: onnx.checker, native ONNX Runtime, PyTorch and
HuggingFace tokenizers.

    python tests/python/onnx_check.py FOLDER CHECKPOINT [--proofs DIR]

With proofs, the model writes after the goals of 100 of them, always the likeliest token, and PyTorch must
have written the same.
An int8 model is held by the divergence of the next token's distribution.

The session is the prover's: one thread, all optimizations. Logits of every way to call the graph (a whole
prompt, token by token, in
chunks, from an empty cache and from the documented cache of one zero entry, two rows at once) are compared
with PyTorch's forward of the
checkpoint in float64. At the end the prover's own protocol runs over more tokens than the context has: with
rotary positions the logits
must still be right there, with attention to the last context_length keys; with learned ones they need only be
finite, since the model has no
position beyond the context.
"""

import argparse
import json
from pathlib import Path

import numpy as np
import onnx
import onnxruntime
import reference_model as model
import torch
from checks import Checks
from tokenizers import Tokenizer

# Largest difference of a logit from float64. The export itself promises 1e-4 of the trainer's float32
# forward.
LOGIT_LIMIT = 1e-4
# Largest mean divergence of an int8 model, in nats a token: what the export itself promises.
DIVERGENCE_LIMIT = 0.02
PROVER_KEYS = ["vocab_size", "context_length", "n_layers", "n_heads", "head_dim"]
EXTRA_TOKENS = 64
END_TOKEN = 1
GREEDY_PROMPTS = 100
GREEDY_TOKENS = 24
# Rounded weights and activations tip the scales where two tokens are nearly as likely.
GREEDY_INT8_SHARE = 0.9
PROMPT = """@T
    theorem add_comm(a: Nat, b: Nat) {
        a + b = b + a
    }
@G
    a + b = b + a
@H
    forall(x: Nat) { x + Nat.0 = x }
@C
not (a + b = b + a)
"""

Cache = dict[str, np.ndarray]


class Session:
    """model.onnx as the prover runs it."""

    def __init__(self, folder: Path, config: model.ModelConfig) -> None:
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = 1
        options.inter_op_num_threads = 1
        options.graph_optimization_level = onnxruntime.GraphOptimizationLevel.ORT_ENABLE_ALL
        self.session = onnxruntime.InferenceSession(
            str(folder / "model.onnx"), options, providers=["CPUExecutionProvider"]
        )
        self.config = config
        self.quantization = self.session.get_modelmeta().custom_metadata_map.get("quantization", "none")
        self.output_names = [output.name for output in self.session.get_outputs()]

    def empty_cache(self, batch: int = 1, entries: int = 0) -> Cache:
        """Caches of `entries` zeros: 0 is the empty one, 1 the documented zero cache."""
        shape = (batch, self.config.n_heads, entries, self.config.head_dim)
        return {
            f"past_key_values.{i}.{part}": np.zeros(shape, np.float32)
            for i in range(self.config.n_layers)
            for part in ("key", "value")
        }

    def run(self, tokens: list[list[int]], cache: Cache) -> tuple[np.ndarray, Cache]:
        """Logits (batch, sequence, vocabulary) and the cache for the next call."""
        outputs = self.session.run(None, {"input_ids": np.array(tokens, np.int64), **cache})
        by_name = dict(zip(self.output_names, outputs))
        return by_name["logits"], {name: by_name[name.replace("past_", "present_")] for name in cache}

    def run_chunks(self, chunks: list[list[int]], cache: Cache) -> np.ndarray:
        """Logits (T, V) of one sequence that comes in several calls."""
        rows = []
        for chunk in chunks:
            logits, cache = self.run([chunk], cache)
            rows.append(logits[0])
        return np.concatenate(rows)


def oracle_logits(config: model.ModelConfig, parameters: model.Parameters, tokens: list[int]) -> np.ndarray:
    """(T, V) by PyTorch in float64; with rotary positions a query sees the last context_length keys."""
    window = config.context_length if config.architecture != "reference" else None
    with torch.no_grad():
        return model.logits(config, parameters, torch.tensor(tokens), [0, len(tokens)], window).numpy()


def check_logits(checks: Checks, name: str, ours: np.ndarray, oracle: np.ndarray, session: Session) -> None:
    """The logits are the oracle's up to rounding; of int8, the distributions are near."""
    if ours.shape != oracle.shape:
        checks.check(name, False, f"shape {ours.shape}, expected {oracle.shape}")
    elif session.quantization != "int8":
        checks.below(name, float(np.abs(ours - oracle).max()), LOGIT_LIMIT)
    else:
        agreeing = (ours.argmax(-1) == oracle.argmax(-1)).mean()
        checks.below(
            f"{name}: divergence, the same likeliest token for {agreeing:.1%}",
            divergence(oracle, ours),
            DIVERGENCE_LIMIT,
        )


def divergence(wanted: np.ndarray, found: np.ndarray) -> float:
    """Mean Kullback-Leibler divergence of rows of logits, in nats."""
    log_wanted, log_found = (
        torch.log_softmax(torch.tensor(x, dtype=torch.float64), -1) for x in (wanted, found)
    )
    return float((log_wanted.exp() * (log_wanted - log_found)).sum(-1).mean())


def check_file(checks: Checks, folder: Path, config: model.ModelConfig) -> None:
    """The graph is valid ONNX with the contract's names, types and dynamic axes."""
    onnx.checker.check_model(str(folder / "model.onnx"), full_check=True)
    checks.check("onnx.checker, full check", True)
    proto = onnx.load(str(folder / "model.onnx"))
    opsets = {entry.domain or "ai.onnx": entry.version for entry in proto.opset_import}
    checks.check("opset is 18", opsets.get("ai.onnx") == 18, str(opsets))
    checks.check("file format is at most version 10", proto.ir_version <= 10, str(proto.ir_version))
    kinds = {1: "float32", 7: "int64"}

    def signature(values: list[onnx.ValueInfoProto]) -> dict[str, tuple[str, list[int | None]]]:
        return {
            value.name: (
                kinds.get(value.type.tensor_type.elem_type, "other"),
                [
                    dim.dim_value if dim.HasField("dim_value") else None
                    for dim in value.type.tensor_type.shape.dim
                ],
            )
            for value in values
        }

    cache = ("float32", [None, config.n_heads, None, config.head_dim])
    parts = [f"key_values.{i}.{part}" for i in range(config.n_layers) for part in ("key", "value")]
    inputs = {"input_ids": ("int64", [None, None]), **{f"past_{name}": cache for name in parts}}
    outputs = {
        "logits": ("float32", [None, None, config.vocab_size]),
        **{f"present_{name}": cache for name in parts},
    }
    checks.check("inputs are the contract's", signature(proto.graph.input) == inputs)
    checks.check("outputs are the contract's", signature(proto.graph.output) == outputs)


def check_config(checks: Checks, folder: Path, config: model.ModelConfig) -> None:
    """config.json has what the prover reads, and it is the checkpoint's."""
    written = json.loads((folder / "config.json").read_text())
    for key in PROVER_KEYS:
        value = written.get(key)
        good = type(value) is int and value > 0 and value == getattr(config, key)
        checks.check(f"config.json {key} is the checkpoint's unsigned integer", good, repr(value))
    checks.check(
        "config.json names the model",
        written.get("model_type") == "gpt" and written.get("architecture") == config.architecture,
    )


def check_tokenizer(checks: Checks, folder: Path, config: model.ModelConfig) -> Tokenizer:
    """HuggingFace tokenizers loads tokenizer.json and gives the prompt back."""
    tokenizer = Tokenizer.from_file(str(folder / "tokenizer.json"))
    checks.check(
        "tokenizer.json loads and has the model's vocabulary",
        tokenizer.get_vocab_size() <= config.vocab_size,
        f"{tokenizer.get_vocab_size()} of {config.vocab_size}",
    )
    checks.check(
        "special tokens are <UNK> 0 and <PAD> 1",
        [tokenizer.id_to_token(i) for i in (0, 1)] == ["<UNK>", "<PAD>"],
    )
    ids = tokenizer.encode(PROMPT, add_special_tokens=False).ids
    checks.check(
        "encoding and decoding gives the text back",
        tokenizer.decode(ids, skip_special_tokens=True) == PROMPT,
        f"{len(ids)} tokens",
    )
    return tokenizer


def check_calls(checks: Checks, session: Session, parameters: model.Parameters, tokens: list[int]) -> None:
    """Every way to call the graph gives the same logits as PyTorch."""
    config = session.config
    oracle = oracle_logits(config, parameters, tokens)
    single = [[token] for token in tokens]
    chunks = [tokens[begin:end] for begin, end in zip([0, 1, 4, 9], [1, 4, 9, len(tokens)]) if begin < end]
    ways = {"the prompt at once": [tokens], "token by token": single, "in chunks": chunks}
    for entries, start in ((0, "an empty cache"), (1, "the zero cache")):
        for way, calls in ways.items():
            found = session.run_chunks(calls, session.empty_cache(entries=entries))
            check_logits(checks, f"logits {way}, from {start}", found, oracle, session)

    rows = [tokens, [(token * 7 + 3) % config.vocab_size for token in tokens]]
    oracles = [oracle, oracle_logits(config, parameters, rows[1])]
    half = len(tokens) // 2
    for entries, start in ((0, "empty"), (1, "zero")):
        first, cache = session.run([row[:half] for row in rows], session.empty_cache(2, entries))
        second, cache = session.run([row[half:] for row in rows], cache)
        found = np.concatenate([first, second], axis=1)
        check_logits(
            checks,
            f"logits of a batch of 2 in two calls, from the {start} cache",
            found,
            np.stack(oracles),
            session,
        )
        lengths = {value.shape for value in cache.values()}
        expected = (2, config.n_heads, len(tokens) + entries, config.head_dim)
        checks.check(
            f"the cache grows by the tokens, from the {start} cache", lengths == {expected}, str(lengths)
        )


def check_cache_lengths(checks: Checks, session: Session, parameters: model.Parameters) -> None:
    """One token, and three, after caches of named lengths, up to 44 entries more than the context has."""
    config = session.config
    context = config.context_length
    tokens = np.random.default_rng(7).integers(2, config.vocab_size, context + 48).tolist()
    known = len(tokens) if config.architecture != "reference" else context
    oracle = oracle_logits(config, parameters, tokens[:known])
    for length in (0, 1, context - 1, context, context + 44):
        for new in (1, 3):
            name = f"logits of {new} with {length} cached entries"
            cache = (
                session.empty_cache()
                if length == 0
                else session.run([tokens[:length]], session.empty_cache())[1]
            )
            found = session.run([tokens[length : length + new]], cache)[0][0]
            inside = max(0, min(new, known - length))
            if inside > 0:
                check_logits(checks, name, found[:inside], oracle[length : length + inside], session)
            else:
                checks.check(f"{name} are finite (there is no oracle)", bool(np.isfinite(found).all()))


def check_greedy_text(
    checks: Checks, session: Session, parameters: model.Parameters, tokenizer: Tokenizer, proofs: Path
) -> None:
    """What the model writes after goals, one token a call, is what PyTorch would have written."""
    config = session.config
    equal_texts = equal_tokens = written_tokens = 0
    files = sorted(proofs.glob("*.txt"))[:GREEDY_PROMPTS]
    for file in files:
        goal = file.read_text().split("@P\n", 1)[0] + "@P\n"
        prompt = tokenizer.encode(goal, add_special_tokens=False).ids[
            -(config.context_length - GREEDY_TOKENS) :
        ]
        logits, cache = session.run([prompt], session.empty_cache())
        written = [int(logits[0, -1].argmax())]
        while len(written) < GREEDY_TOKENS and written[-1] != END_TOKEN:
            logits, cache = session.run([[written[-1]]], cache)
            written.append(int(logits[0, -1].argmax()))
        rows = oracle_logits(config, parameters, prompt + written[:-1])[-len(written) :]
        # Two logits nearer than rounding are a tie.
        equal = sum(row[token] >= row.max() - 2 * LOGIT_LIMIT for row, token in zip(rows, written))
        equal_tokens += equal
        written_tokens += len(written)
        equal_texts += equal == len(written)
    detail = f"{equal_texts} of {len(files)} texts, {equal_tokens} of {written_tokens} tokens"
    if session.quantization == "int8":
        checks.check(
            f"greedy text: at least {GREEDY_INT8_SHARE:.0%} of the tokens are PyTorch's",
            equal_tokens >= GREEDY_INT8_SHARE * written_tokens,
            detail,
        )
    else:
        checks.check("greedy text is PyTorch's", len(files) > 0 and equal_texts == len(files), detail)


def sample(logits: np.ndarray, random: np.random.Generator) -> int:
    """Temperature 0.8, no top-p: as the prover draws."""
    scaled = logits.astype(np.float64) / 0.8
    weights = np.exp(scaled - scaled.max())
    return int(random.choice(len(weights), p=weights / weights.sum()))


def run_prover(checks: Checks, session: Session, tokenizer: Tokenizer, parameters: model.Parameters) -> None:
    """The prover's protocol until the cache holds EXTRA_TOKENS more than the context."""
    config, random = session.config, np.random.default_rng(42)
    (newline,) = tokenizer.encode("\n", add_special_tokens=False).ids
    prompt = tokenizer.encode(PROMPT * 8, add_special_tokens=False).ids[
        -max(1, config.context_length - 100) :
    ]
    cache, fed, rows, lines = session.empty_cache(), [], [], 0

    def feed(token: int) -> np.ndarray:
        nonlocal cache
        logits, cache = session.run([[token]], cache)
        fed.append(token)
        rows.append(logits[0, -1])
        return rows[-1]

    for token in prompt:
        feed(token)
    while len(fed) < config.context_length + EXTRA_TOKENS:
        logits = feed(newline)
        for _ in range(100):
            token = sample(logits, random)
            if "\n" in tokenizer.decode([token], skip_special_tokens=True):
                break
            logits = feed(token)
        lines += 1

    found = np.stack(rows)
    checks.check(
        "the prover's protocol gives finite logits beyond the context",
        bool(np.isfinite(found).all()),
        f"{len(prompt)} prompt tokens, {lines} lines, {len(fed)} tokens in a context of {config.context_length}",
    )
    inside = config.context_length
    oracle = oracle_logits(config, parameters, fed if config.architecture != "reference" else fed[:inside])
    check_logits(checks, "its logits inside the context", found[:inside], oracle[:inside], session)
    if config.architecture != "reference":
        check_logits(checks, "its logits beyond the context", found[inside:], oracle[inside:], session)
    else:
        print("note: learned positions end with the context; logits beyond it have no oracle")


def main() -> None:
    parser = argparse.ArgumentParser(
        description="Checks an exported folder with native ONNX Runtime and PyTorch."
    )
    parser.add_argument("folder", type=Path)
    parser.add_argument("checkpoint", type=Path)
    parser.add_argument("--proofs", type=Path)
    options = parser.parse_args()
    config, parameters = model.load_checkpoint(str(options.checkpoint), torch.float64)
    with Checks() as checks:
        print(
            f"onnxruntime {onnxruntime.__version__}, {config.architecture}, context {config.context_length}"
        )
        check_file(checks, options.folder, config)
        check_config(checks, options.folder, config)
        tokenizer = check_tokenizer(checks, options.folder, config)
        session = Session(options.folder, config)
        print(f"quantization {session.quantization}")
        prompt = tokenizer.encode(PROMPT, add_special_tokens=False).ids[: min(config.context_length, 60)]
        check_calls(checks, session, parameters, prompt)
        check_cache_lengths(checks, session, parameters)
        if options.proofs is not None:
            check_greedy_text(checks, session, parameters, tokenizer, options.proofs)
        run_prover(checks, session, tokenizer, parameters)


if __name__ == "__main__":
    main()
