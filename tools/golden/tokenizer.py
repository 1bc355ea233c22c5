"""Makes tests/golden/tokenizer/: what HuggingFace `tokenizers` 0.23.3 does, for tests that need no Python.

    python tools/golden/tokenizer.py

cases.jsonl: a line each tokenizer: `train` (options and texts) or `json` alone (a file that was not trained),
the file's text, texts with their ids, ids with special tokens as text, ids with their texts.
character_classes.json: how many code points HuggingFace's regex engine has in each class, and the sha256 of
one byte a code point (0 other, 1 white space, 2 letter, 3 number, surrogates 0) over all 0x110000.
"""

import hashlib
import json
import os
import random
import sys

ROOT = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "..")
sys.path.insert(0, os.path.join(ROOT, "tests", "python"))

from tokenizer_check import ALPHABETS, make, random_ids, random_text, saved, variants  # noqa: E402
from tokenizers import Regex, Tokenizer, pre_tokenizers  # noqa: E402

FOLDER = os.path.join(ROOT, "tests", "golden", "tokenizer")

PROOFS = [
    "@T\ntheorem add_comm(a: Nat, b: Nat) {\n@G\n    a + b = b + a\n} by {\n"
    "@C\nnot (a + b = b + a)\n@P\na + b = b + a\n",
    "@G\nforall(x: Nat) {\n    x ∈ s implies x ∈ s ∪ t\n}\n"
    "@C\nexists(k0: Nat) { k0 ∈ s and not k0 ∈ s ∪ t }\n@P\nlet k1: Nat satisfy {\n    k1 ∈ s\n}\n",
    "",
    "\n",
    "it's <UNK> and <PAD>, we'll 'quote' 1234 five²\n\n   indented\t\u0085\ufeffend  ",
    "aaaa aaa aa a\n<UNK><UNK><UNK>\n",
    "😀👩‍👧 中文 é e\u0301 \x00\x01\x7f",
]


def expectations(tokenizer, text, encode, decode):
    case = {"file": text, "encode": encode, "ids": [tokenizer.encode(t).ids for t in encode]}
    tokenizer.encode_special_tokens = True
    case["literalIds"] = [tokenizer.encode(t).ids for t in encode]
    case["decode"] = decode
    case["decoded"] = [tokenizer.decode(ids) for ids in decode]
    case["decodedAll"] = [tokenizer.decode(ids, skip_special_tokens=False) for ids in decode]
    return case


def cases():
    rng = random.Random(3)
    plans = [(alphabet, 340 if alphabet == "bytes" else 120, PROOFS) for alphabet in ALPHABETS]
    plans += [
        ("corpus", size, texts)
        for size, texts in [
            (400, ["aab<UNK>ab\n<UNKPAD><PAD> <UNK>", "ab<UNK>aab"] * 3),
            (1, ["abc abc"]),
            (50, []),
            (60, ["".join(rng.choice("ab") for _ in range(300))]),
            (200, ["".join(rng.choice("ab\n") for _ in range(600))]),
        ]
    ]
    for alphabet, size, texts in plans:
        tokenizer = make(alphabet, size, texts)
        encode = PROOFS + [random_text(rng)[:120] for _ in range(8)]
        decode = [random_ids(rng, tokenizer.get_vocab_size()) for _ in range(6)]
        case = expectations(tokenizer, saved(tokenizer), encode, decode)
        train = {"texts": texts, "vocabularySize": size, "alphabet": alphabet}
        yield {"name": f"{alphabet}, {size}", "train": train, **case}
    base = saved(make("corpus", 90, PROOFS))
    for kind, text in variants(rng, base):
        tokenizer = Tokenizer.from_str(text)
        decode = [random_ids(rng, tokenizer.get_vocab_size()) for _ in range(3)]
        encode = PROOFS + ["QQQ ΩΩ∉ aQ<UNK>Qa\nQQ", "ababa b<UNK><PAD> <UNK><é x"]
        yield {"name": kind, **expectations(tokenizer, text, encode, decode)}


def character_classes():
    classes = bytearray(0x110000)
    for value, pattern in enumerate([r"\s", r"\p{L}", r"\p{N}"], start=1):
        splitter = pre_tokenizers.Split(Regex(pattern), "removed", invert=True)
        for base in range(0, 0x110000, 0x800):
            if base == 0xD800:
                continue
            for piece, _ in splitter.pre_tokenize_str("".join(map(chr, range(base, base + 0x800)))):
                for character in piece:
                    classes[ord(character)] = value
    names = ["other", "space", "letter", "number"]
    return {
        "counts": {name: classes.count(value) for value, name in enumerate(names)},
        "sha256": hashlib.sha256(classes).hexdigest(),
    }


def main():
    os.makedirs(FOLDER, exist_ok=True)
    with open(os.path.join(FOLDER, "cases.jsonl"), "w", encoding="utf-8") as file:
        for case in cases():
            file.write(json.dumps(case, ensure_ascii=True) + "\n")
    with open(os.path.join(FOLDER, "character_classes.json"), "w", encoding="utf-8") as file:
        json.dump(character_classes(), file, indent=2)
        file.write("\n")


if __name__ == "__main__":
    main()
