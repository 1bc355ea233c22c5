"""One round of bench/decode.ts in native ONNX Runtime, one thread: python bench/decode.py FOLDER SIZES_JSON
"""

import json
import os
import sys
import time

import numpy as np
import onnxruntime


def main():
    sizes = json.loads(sys.argv[2])
    with open(os.path.join(sys.argv[1], "config.json"), encoding="utf-8") as file:
        config = json.load(file)
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = options.inter_op_num_threads = 1
    path = os.path.join(sys.argv[1], "model.onnx")
    session = onnxruntime.InferenceSession(path, options, providers=["CPUExecutionProvider"])
    names = [entry.name for entry in session.get_inputs()][1:]
    empty = np.zeros((1, config["n_heads"], 0, config["head_dim"]), np.float32)

    def token(place):
        return 37 * place % sizes["VOCABULARY"]

    def run(rows, past, times):
        ids = np.array(rows, np.int64)
        started = time.perf_counter()
        outputs = session.run(None, {"input_ids": ids, **dict(zip(names, past))})
        times.append(1000 * (time.perf_counter() - started))
        return outputs[1:]

    times = {"1": [], "prompt": []}
    past = [empty] * len(names)
    for i in range(sizes["CONTEXT"]):
        past = run([[token(i)]], past, times["1"])
    for batch in sizes["BATCHES"]:
        past = run([[token(i) for i in range(sizes["PROMPT"])]], [empty] * len(names), times["prompt"])
        past = [np.repeat(entry, batch, axis=0) for entry in past]
        times[str(batch)] = []
        for i in range(sizes["STEPS"]):
            past = run([[token(i + 7 * b)] for b in range(batch)], past, times[str(batch)])
    times["prompt"] = [min(times["prompt"])]
    print(json.dumps(times))


if __name__ == "__main__":
    main()
