"""onnxruntime-genai loads the genai folder, tokenizer included, and writes our own decoder's text.

    python tests/consumers/genai_check.py WORK

WORK has the folder genai, and expected.json.
"""

import json
import sys
from pathlib import Path

from checks import Checks

try:
    import onnxruntime_genai as genai
except ImportError as error:
    print(f"SKIPPED: {error}")
    sys.exit(0)


def main() -> None:
    work = Path(sys.argv[1])
    content = json.loads((work / "expected.json").read_text())
    with Checks() as checks:
        model = genai.Model(str(work / "genai"))
        tokenizer = genai.Tokenizer(model)
        for i, entry in enumerate(content["expected"]):
            prompt = tokenizer.encode(entry["goal"])
            parameters = genai.GeneratorParams(model)
            parameters.set_search_options(max_length=len(prompt) + content["maxTokens"], do_sample=False)
            generator = genai.Generator(model, parameters)
            generator.append_tokens(prompt)
            written: list[int] = []
            while not generator.is_done():
                generator.generate_next_token()
                written.append(int(generator.get_next_tokens()[0]))
            text = tokenizer.decode([token for token in written if token != 1])
            checks.check(f"goal {i}: our decoder's text", text == entry["text"], repr(text))


if __name__ == "__main__":
    main()
