"""The tokenizer's speed beside HuggingFace's (one thread to encode, all to train), in turns in one run.

    python bench/tokenizer.py FOLDER [DENO]

Checks first that both give the same tokenizer.json and the same number of tokens.
"""

import glob
import hashlib
import json
import os
import subprocess
import sys
import time

ROOT = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..")
sys.path.insert(0, os.path.join(ROOT, "tests", "python"))

from tokenizer_check import make, saved  # noqa: E402


def ours(folder, deno):
    command = [deno, "run", "--quiet", "--allow-read", os.path.join(ROOT, "bench", "tokenizer.ts"), folder]
    return json.loads(subprocess.run(command, stdout=subprocess.PIPE, check=True).stdout)


def theirs(texts):
    start = time.perf_counter()
    tokenizer = make("bytes", 4096, texts)
    trained = time.perf_counter()
    tokens = sum(len(tokenizer.encode(text).ids) for text in texts)
    encoded = time.perf_counter()
    size_mb = sum(len(text.encode()) for text in texts) / 1e6
    digest = hashlib.sha256(saved(tokenizer).encode()).hexdigest()
    speeds = {"trainMs": 1000 * (trained - start), "mbPerS": size_mb / (encoded - trained)}
    return {"sha256": digest, "tokens": tokens, **speeds}


def main():
    folder = sys.argv[1]
    paths = sorted(glob.glob(os.path.join(folder, "*.txt")))
    texts = [open(path, encoding="utf-8", newline="").read() for path in paths]
    for turn in range(3):
        a, b = ours(folder, sys.argv[2] if len(sys.argv) > 2 else "deno"), theirs(texts)
        if (a["sha256"], a["tokens"]) != (b["sha256"], b["tokens"]):
            sys.exit(f"the results differ: {a}, {b}")
        print(
            f"{turn + 1}: training {a['trainMs']:.0f} ms, HuggingFace {b['trainMs']:.0f} ms "
            f"({b['trainMs'] / a['trainMs']:.1f} times); encoding {a['firstMbPerS']:.1f} MB/s at first, "
            f"{a['nextMbPerS']:.1f} then, HuggingFace {b['mbPerS']:.2f} MB/s "
            f"({a['firstMbPerS'] / b['mbPerS']:.1f} and {a['nextMbPerS'] / b['mbPerS']:.1f} times)"
        )


if __name__ == "__main__":
    main()
