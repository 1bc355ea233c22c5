"""Bits a byte of a checkpoint on a folder of proofs, without any of our TypeScript: PyTorch and HuggingFace
tokenizers only.

    python tests/python/bits_per_byte.py CHECKPOINT TOKENIZER_JSON FOLDER

Prints one JSON object: bitsPerByte, nats, tokens (scored), bytes, documents. `tactics eval` must give the
same to 1e-3.

What is counted. A document is one *.txt file of the folder (not hidden, not empty, UTF-8), as it is, encoded
to n tokens t[0] …
t[n - 1] without special tokens. The tokens t[1] … t[n - 1] are predicted; the first has nothing before it,
and the end token after the
last is left out. Bits a byte is (nats of all predicted tokens of all documents) / ln 2 / (UTF-8 bytes of all
documents); a document of
one token still counts its bytes.

Windows. With context length P, a window that begins at token s takes at most P inputs t[s] …, and input t[i]
predicts t[i + 1]:

    first window    s = 0              inputs t[0] … t[min(P, n - 1) - 1]              scores t[1] … t[min(P, n - 1)]
    next windows    s = u - P // 2     inputs t[s] … t[min(s + P, n - 1) - 1]          scores t[u] … t[min(s + P, n - 1)]

where u is the first token not yet scored; so the new token t[u] is predicted from P // 2 inputs, t[s] … t[u -
1], and each further window
scores P - P // 2 + 1 tokens. Positions count from the window's beginning. t[n - 1] is never an input.
"""

import argparse
import json
import math
import sys
from dataclasses import dataclass
from pathlib import Path

import reference_model as model
import torch
from tokenizers import Tokenizer

ROWS_PER_BATCH = 4096


@dataclass(frozen=True)
class Window:
    """Inputs tokens[begin:end]; the targets from `first_scored` (an index of tokens) to `end` are counted."""

    tokens: list[int]
    begin: int
    end: int
    first_scored: int


def windows(tokens: list[int], context_length: int) -> list[Window]:
    """The windows of one document, as the module's text says."""
    last = len(tokens) - 1
    result: list[Window] = []
    unscored = 1
    while unscored <= last:
        begin = 0 if unscored == 1 else unscored - context_length // 2
        end = min(begin + context_length, last)
        result.append(Window(tokens, begin, end, unscored))
        unscored = end + 1
    return result


def batches(all_windows: list[Window]) -> list[list[Window]]:
    """Neighbouring windows together, at most ROWS_PER_BATCH inputs where a window allows it."""
    result: list[list[Window]] = []
    rows = ROWS_PER_BATCH
    for window in all_windows:
        length = window.end - window.begin
        if rows + length > ROWS_PER_BATCH:
            result.append([])
            rows = 0
        result[-1].append(window)
        rows += length
    return result


def batch_nats(config: model.ModelConfig, parameters: model.Parameters, batch: list[Window]) -> float:
    """Sum of the counted targets' nats."""
    inputs = [token for w in batch for token in w.tokens[w.begin : w.end]]
    targets = [
        w.tokens[i] if i >= w.first_scored else model.IGNORED_TARGET
        for w in batch
        for i in range(w.begin + 1, w.end + 1)
    ]
    offsets = [0]
    for w in batch:
        offsets.append(offsets[-1] + w.end - w.begin)
    with torch.no_grad():
        scores = model.logits(config, parameters, torch.tensor(inputs), offsets)
        return model.token_losses(scores, torch.tensor(targets)).to(torch.float64).sum().item()


def read_texts(folder: Path) -> list[str]:
    """Every non-empty *.txt file of the folder that is no hidden file and is UTF-8; line ends and a byte
    order mark stay."""
    texts = []
    for path in sorted(folder.glob("[!.]*.txt")):
        try:
            texts.append(path.read_bytes().decode("utf-8"))
        except UnicodeDecodeError as error:
            print(f"{path.name} is skipped: {error}", file=sys.stderr)
    texts = [text for text in texts if text]
    if not texts:
        raise SystemExit(f"no proofs in {folder}")
    return texts


def evaluate(checkpoint: Path, tokenizer_json: Path, folder: Path, dtype: torch.dtype) -> dict[str, float]:
    """The figures of the module's text."""
    config, parameters = model.load_checkpoint(str(checkpoint), dtype)
    tokenizer = Tokenizer.from_file(str(tokenizer_json))
    texts = read_texts(folder)
    encoded = [encoding.ids for encoding in tokenizer.encode_batch(texts, add_special_tokens=False)]
    all_windows = [window for tokens in encoded for window in windows(tokens, config.context_length)]
    nats = sum(batch_nats(config, parameters, batch) for batch in batches(all_windows))
    size_bytes = sum(len(text.encode("utf-8")) for text in texts)
    return {
        "bitsPerByte": nats / math.log(2) / size_bytes,
        "nats": nats,
        "tokens": sum(max(0, len(tokens) - 1) for tokens in encoded),
        "bytes": size_bytes,
        "documents": len(texts),
    }


def main() -> None:
    parser = argparse.ArgumentParser(description="Bits a byte of a checkpoint, computed with PyTorch.")
    parser.add_argument("checkpoint", type=Path)
    parser.add_argument("tokenizer", type=Path)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--float64", action="store_true", help="compute in double precision")
    options = parser.parse_args()
    dtype = torch.float64 if options.float64 else torch.float32
    print(json.dumps(evaluate(options.checkpoint, options.tokenizer, options.folder, dtype)))


if __name__ == "__main__":
    main()
