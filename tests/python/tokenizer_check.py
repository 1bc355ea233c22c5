"""Compares the tokenizer with HuggingFace `tokenizers`, live.

    python tests/python/tokenizer_check.py [FOLDER] [--rounds N] [--seed N] [--every] [--deno PATH]

For the .txt files of FOLDER (if given) and for generated hard texts: tokenizer.json byte for byte with both
alphabets, ids, ids with special tokens as text, decoded texts; also files that HuggingFace did not train here
(merges as strings, fused unknowns, extra added tokens, ...). Exit code 1 on any difference.
Needs `tokenizers` (made with 0.23.3) and `deno`.
"""

import argparse
import glob
import json
import os
import random
import subprocess
import sys

from tokenizers import Tokenizer, decoders, models, pre_tokenizers, trainers

DRIVER = os.path.join(os.path.dirname(os.path.abspath(__file__)), "tokenizer_driver.ts")
SPECIAL = ["<UNK>", "<PAD>"]
ALPHABETS = ("bytes", "corpus")

PALETTES = [
    "ab",
    "abc ",
    "ab \n",
    "a b(){}[],\n",
    "aab<UNK>",
    "<UNK><PAD>",
    "<UNKPAD> \n",
    "it's we'll I've 'RE x'd 'm 't ",
    "\t\n\r\x0b\x0c\x1c\x1d\x1e\x1f \x85\xa0\u1680\u2003\u2028\u2029\u202f\u205f\u3000\ufeff\u200b\u180e a1",
    "".join(map(chr, range(0, 0x180))),
    "∈⊂∪∖∩⊃→≥ ab\n",
    "😀👩‍👩‍👧🏽é\u0301\u0915\u094d٣Ⅷ½²𝟘𐒠 中文字 ǅªʰ",
    "\ufffd\uffff\U0010ffff\ue000\U000e0001 \x7f\x80",
]


def make(alphabet, size, texts):
    tokenizer = Tokenizer(models.BPE(unk_token="<UNK>"))
    tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=True)
    tokenizer.decoder = decoders.ByteLevel()
    tokenizer.train_from_iterator(
        texts,
        trainers.BpeTrainer(
            vocab_size=size,
            special_tokens=SPECIAL,
            initial_alphabet=pre_tokenizers.ByteLevel.alphabet() if alphabet == "bytes" else [],
            show_progress=False,
        ),
    )
    return tokenizer


def random_character(rng):
    while True:
        code = rng.choice([rng.randrange(end) for end in (0x80, 0x800, 0x10000, 0x110000)])
        if not 0xD800 <= code < 0xE000:
            return chr(code)


def random_text(rng):
    kind = rng.random()
    length = rng.choice([0, 1, 2, 5, 20, 80, 300])
    if kind < 0.2:
        return "".join(random_character(rng) for _ in range(length))
    palette = rng.choice(PALETTES)
    pieces = list(palette) + SPECIAL + ["\n", " ", "  ", "\n    "] * (kind < 0.6)
    return "".join(rng.choice(pieces) for _ in range(length))


def random_ids(rng, size):
    return [rng.randrange(size + 3) for _ in range(rng.choice([0, 1, 3, 30]))]


def saved(tokenizer):
    return tokenizer.to_str(pretty=True)


def variants(rng, text):
    """Files of the family that the trainer does not write."""
    base = json.loads(text)

    def variant(change):
        copy = json.loads(text)
        change(copy)
        return json.dumps(copy, ensure_ascii=rng.random() < 0.5)

    def strings(copy):
        copy["model"]["merges"] = ["#version: 0.2"] + [" ".join(pair) for pair in base["model"]["merges"]]

    def fused(copy):
        copy["model"]["fuse_unk"] = True

    def dropped(copy):
        copy["model"]["unk_token"] = None

    def ignored(copy):
        copy["model"]["ignore_merges"] = True
        copy["model"]["merges"] = base["model"]["merges"][::2]
        copy["model"]["vocab"]["中文"] = len(copy["model"]["vocab"])

    def shuffled(copy):
        rng.shuffle(copy["model"]["merges"])

    def doubled(copy):
        copy["model"]["merges"] += rng.sample(base["model"]["merges"], len(base["model"]["merges"]) // 2)

    def added(copy):
        contents = ["a", "ab", "b<", "<UNK><", "K> ", "é x", "\n\n", "aba"]
        vocab = copy["model"]["vocab"]
        next_id = len(vocab)
        for content in rng.sample(contents, 4):
            token = dict(base["added_tokens"][0], content=content)
            token["id"] = vocab.get(content, next_id)
            next_id += content not in vocab
            token["special"] = rng.random() < 0.5
            token["normalized"] = rng.random() < 0.5
            copy["added_tokens"].append(token)

    def gpt2_style(copy):
        copy["model"]["continuing_subword_prefix"] = copy["model"]["end_of_word_suffix"] = ""
        copy["post_processor"] = dict(base["decoder"], trim_offsets=False)
        copy["model"].pop("ignore_merges")

    for change in (strings, fused, dropped, ignored, shuffled, doubled, added, gpt2_style):
        yield change.__name__, variant(change)


class Checker:
    def __init__(self, deno):
        self.deno = deno
        self.jobs = []
        self.compared = 0
        self.failures = []

    def train(self, name, texts, alphabet, size, encode, decode):
        tokenizer = make(alphabet, size, texts)
        train = {"texts": texts, "vocabularySize": size, "alphabet": alphabet}
        self.add(name, tokenizer, {"train": train}, encode, decode, saved(tokenizer))
        return tokenizer

    def load(self, name, text, encode, decode):
        self.add(name, Tokenizer.from_str(text), {"json": text}, encode, decode, text)

    def add(self, name, tokenizer, job, encode, decode, text):
        expected = {"json": text, "ids": [tokenizer.encode(t).ids for t in encode]}
        tokenizer.encode_special_tokens = True
        expected["literalIds"] = [tokenizer.encode(t).ids for t in encode]
        tokenizer.encode_special_tokens = False
        expected["decoded"] = [tokenizer.decode(ids) for ids in decode]
        expected["decodedAll"] = [tokenizer.decode(ids, skip_special_tokens=False) for ids in decode]
        self.jobs.append((name, dict(job, encode=encode, decode=decode), expected))

    def run(self):
        command = [self.deno, "run", "--quiet", "--no-prompt", DRIVER]
        lines = "".join(json.dumps(job) + "\n" for _, job, _ in self.jobs)
        output = subprocess.run(command, input=lines.encode(), stdout=subprocess.PIPE, check=True).stdout
        answers = output.decode().rstrip("\n").split("\n")
        if len(answers) != len(self.jobs):
            self.failures.append(f"{len(answers)} answers to {len(self.jobs)} jobs")
        for (name, job, expected), line in zip(self.jobs, answers):
            answer = json.loads(line)
            self.compared += len(job["encode"]) + len(job["decode"]) + 1
            for key, value in expected.items():
                if answer.get(key) != value:
                    self.failures.append(f"{name}: {key} differs: {describe(job, key, answer, value)}")
        self.jobs = []


def describe(job, key, answer, value):
    if "error" in answer:
        return answer["error"]
    if key == "json":
        pairs = zip(answer[key].split("\n"), value.split("\n"))
        differences = (f"line {i}: {a!r}, expected {b!r}" for i, (a, b) in enumerate(pairs) if a != b)
        return next(differences, "length")
    inputs = job["encode"] if "ids" in key.lower() else job["decode"]
    triples = zip(inputs, answer[key], value)
    return next(f"{i!r} gives {a!r}, expected {b!r}" for i, a, b in triples if a != b)[:2000]


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("folder", nargs="?")
    parser.add_argument("--rounds", type=int, default=60)
    parser.add_argument("--seed", type=int, default=1)
    every_help = "every code point (minutes), not every 16th from U+3400 on"
    parser.add_argument("--every", action="store_true", help=every_help)
    parser.add_argument("--deno", default="deno")
    options = parser.parse_args()
    rng = random.Random(options.seed)
    checker = Checker(options.deno)

    if options.folder:
        paths = sorted(glob.glob(os.path.join(options.folder, "*.txt")))
        if not paths:
            sys.exit(f"No .txt files in {options.folder}")
        texts = [open(path, encoding="utf-8", newline="").read() for path in paths]
        for alphabet in ALPHABETS:
            for size in (4096, 700):
                hard = [random_text(rng) for _ in range(50)]
                checker.train(f"{options.folder} {alphabet} {size}", texts, alphabet, size, texts + hard, [])
                checker.run()
        print(f"{len(texts)} files of {options.folder}: done", flush=True)

    # HuggingFace's trainer is quadratic in a word's length, so the lines are kept short.
    step = 1 if options.every else 16
    codes = [*range(0x3400), *range(0x3400, 0xD800, step), *range(0xE000, 0x110000, step)]
    characters = [chr(code) for code in codes]
    fillers = ["", "a", " ", "1", "-"]
    every = "".join(c + rng.choice(fillers) + "\n" * (i % 64 == 0) for i, c in enumerate(characters))
    for alphabet in ALPHABETS:
        checker.train(f"many characters, {alphabet}", [every], alphabet, 400, [every, every[::-1]], [])
        checker.run()
    long_word = "".join(rng.choice("abcd") for _ in range(5000))
    encode = [long_word, "a" * 5000, long_word + "<PAD>a\n"]
    checker.train("a long word", [long_word], "bytes", 400, encode, [])
    checker.run()
    print("many characters, a long word: done", flush=True)

    for number in range(options.rounds):
        alphabet = ALPHABETS[number % 2]
        texts = [random_text(rng) for _ in range(rng.choice([0, 1, 5, 30]))]
        size = rng.choice([1, 2, 3, 50, 258, 270, 300, 400, 1000, 3000])
        encode = texts[:10] + [random_text(rng) for _ in range(20)]
        name = f"round {number} ({alphabet} {size})"
        tokenizer = make(alphabet, size, texts)
        decode = [random_ids(rng, tokenizer.get_vocab_size()) for _ in range(10)]
        decode += [tokenizer.encode(text).ids for text in encode]
        checker.train(name, texts, alphabet, size, encode, decode)
        for kind, text in variants(rng, saved(tokenizer)):
            checker.load(f"{name}, {kind}", text, encode, decode[:10])
        if number % 20 == 19:
            checker.run()
    if checker.jobs:
        checker.run()

    for failure in checker.failures[:20]:
        print(f"DIFFERENCE {failure}")
    print(f"{checker.compared} comparisons, {len(checker.failures)} differences")
    sys.exit(1 if checker.failures else 0)


if __name__ == "__main__":
    main()
