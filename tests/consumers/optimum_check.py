"""Python's transformers with optimum loads the hf folders and writes our own decoder's text, alone and in a
batch that is filled on the left.

    python tests/consumers/optimum_check.py WORK

WORK has the folders hf and hf-int8, and expected.json.
"""

import json
import sys
from pathlib import Path

from checks import Checks

try:
    from optimum.onnxruntime import ORTModelForCausalLM
    from transformers import AutoTokenizer, PreTrainedTokenizerFast
except ImportError as error:
    print(f"SKIPPED: {error}")
    sys.exit(0)


def main() -> None:
    work = Path(sys.argv[1])
    content = json.loads((work / "expected.json").read_text())
    goals = [entry["goal"] for entry in content["expected"]]
    expected = [entry["text"] for entry in content["expected"]]
    with Checks() as checks:
        for folder in ("hf", "hf-int8"):
            tokenizer = AutoTokenizer.from_pretrained(work / folder)
            checks.check(
                f"{folder}: the tokenizer is a fast one that fills on the left",
                isinstance(tokenizer, PreTrainedTokenizerFast) and tokenizer.padding_side == "left",
            )
            model = ORTModelForCausalLM.from_pretrained(work / folder)

            def write(texts: list[str]) -> list[str]:
                inputs = tokenizer(texts, return_tensors="pt", padding=True)
                written = model.generate(**inputs, max_new_tokens=content["maxTokens"], do_sample=False)
                new = written[:, inputs.input_ids.shape[1] :]
                return tokenizer.batch_decode(new, skip_special_tokens=True)

            ways = {"alone": [text for goal in goals for text in write([goal])], "in a batch": write(goals)}
            for way, texts in ways.items():
                equal = sum(text == wanted for text, wanted in zip(texts, expected))
                # Rounded weights may prefer another token where two are nearly as likely.
                enough = 1 if folder == "hf-int8" else len(goals)
                found = f"{equal} of {len(goals)}"
                checks.check(f"{folder}: our decoder's text, {way}", equal >= enough, found)


if __name__ == "__main__":
    main()
