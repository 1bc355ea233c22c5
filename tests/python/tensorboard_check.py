"""TensorBoard's own reader on the event file of a run: every step and evaluation of its metrics.jsonl, which
has those of the log interval, is there with the same numbers, and the samples' texts."""

import json
import sys
from pathlib import Path

from tensorboard.backend.event_processing.event_accumulator import EventAccumulator

from checks import Checks

FIELDS = {
    "train/loss": ("step", "loss"),
    "train/learning_rate": ("step", "learningRate"),
    "train/gradient_norm": ("step", "gradientNorm"),
    "train/tokens_per_second": ("step", "tokensPerSecond"),
    "validation/loss": ("evaluation", "loss"),
    "validation/bits_per_byte": ("evaluation", "bitsPerByte"),
}

with Checks() as checks:
    folder = Path(sys.argv[1])
    events = [json.loads(line) for line in (folder / "metrics.jsonl").read_text().splitlines()]
    board = EventAccumulator(str(folder), size_guidance={"scalars": 0, "tensors": 0})
    board.Reload()
    for tag, (kind, field) in FIELDS.items():
        wanted = [(event["step"], event[field]) for event in events if event["kind"] == kind]
        found = {event.step: event.value for event in board.Scalars(tag)}
        same = len(wanted) > 0 and all(
            step in found and abs(value - found[step]) <= 1e-6 * abs(value) for step, value in wanted
        )
        checks.check(f"TensorBoard reads {tag}", same, f"{len(found)} points")
    samples = [event for event in events if event["kind"] == "sample"]
    texts = [event.tensor_proto.string_val[0].decode() for event in board.Tensors("sample")]
    wanted = ["\n".join(f"    {line}" for line in (s["prompt"] + s["text"]).split("\n")) for s in samples]
    checks.check("TensorBoard reads samples", texts == wanted and len(texts) > 0, f"{len(texts)} texts")
