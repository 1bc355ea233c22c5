"""One Ctrl-C in a terminal, or one SIGTERM to everybody, many times: every run must leave a checkpoint.

python3 tools/soak/ctrl_c.py [--runs 100] [--launcher deno|npx|timeout]

A run is started in a pseudo-terminal by `deno task train` (or by npx, which gets a deno of its own), stopped at
a step that differs from run to run, and its newest checkpoint is held against what it said. Exit code 1 when a
run was lost.
"""
import argparse, os, pty, re, select, signal, struct, subprocess, sys, tempfile, time

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
SIZES = "--d-model 32 --n-layers 1 --n-heads 2 --d-mlp 64 --context-length 64 --batch-size 4 --workers 1".split()
LENGTH = "--steps 1000000 --save-interval 1000000 --eval-interval 1000000 --log-interval 1".split()
LAUNCHERS = {
    "deno": ["deno"],
    "npx": ["npx", "-y", "deno@2.9.6"],
    "timeout": ["timeout", "--foreground", "6", "deno"],
}


def prepare(folder):
    """Proofs and a tokenizer for all runs."""
    for words in (["data", "sample", "--files", "60"], ["tokenizer", "--vocab-size", "300"]):
        more = ["--data-dir", folder + "/proofs"]
        if words[0] == "tokenizer":
            more += ["--output-dir", folder + "/first"]
        subprocess.run(["deno", "task", *words, *more], cwd=ROOT, check=True, capture_output=True)


def checkpoint_steps(folder):
    """The steps in the checkpoints' metadata."""
    steps = []
    for name in os.listdir(folder):
        if not name.endswith(".safetensors") or name.startswith("."):
            continue
        with open(os.path.join(folder, name), "rb") as file:
            (length,) = struct.unpack("<Q", file.read(8))
            steps.append(int(re.search(rb'"step":"(\d+)"', file.read(length)).group(1)))
    return steps


def run(folder, launcher, number):
    """One run. Returns what went wrong, or None."""
    checkpoints = f"{folder}/run{number}"
    os.makedirs(checkpoints)
    with open(folder + "/first/tokenizer.json", "rb") as old, open(checkpoints + "/tokenizer.json", "wb") as new:
        new.write(old.read())
    words = LAUNCHERS[launcher] + ["task", "train", *SIZES, *LENGTH]
    words += ["--data-dir", folder + "/proofs", "--checkpoint-dir", checkpoints]
    pid, terminal = pty.fork()
    if pid == 0:
        os.chdir(ROOT)
        os.execvpe(words[0], words, dict(os.environ, NO_COLOR="1", DENO_NO_UPDATE_CHECK="1"))
    text, sent, begun, status = b"", None, time.time(), None
    wait = re.compile(rb"\b%d\d*/1000000" % (1 + number % 9))
    while time.time() - begun < 300:  # a busy machine takes its time
        if select.select([terminal], [], [], 0.02)[0]:
            try:
                piece = os.read(terminal, 65536)
            except OSError:
                piece = b""
            text += piece
            if not piece:
                break
        if sent is None and launcher != "timeout" and wait.search(text):
            time.sleep(number % 7 * 0.01)
            os.write(terminal, b"\x03")
            sent = time.time()
    else:
        os.kill(pid, signal.SIGKILL)
    _, status = os.waitpid(pid, 0)
    os.close(terminal)
    said = text.decode(errors="replace")
    end = re.search(r"interrupted at step (\d+)/", said)
    steps = checkpoint_steps(checkpoints)
    if end is None or int(end.group(1)) not in steps:
        return f"exit {os.waitstatus_to_exitcode(status)}, checkpoints {steps}, last words {said[-300:]!r}"
    if "stopping after this step" not in said or "go on with: deno task resume" not in said:
        return f"it did not say what it does: {said[-300:]!r}"
    return None


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--runs", type=int, default=100)
    parser.add_argument("--launcher", choices=LAUNCHERS, default="deno")
    options = parser.parse_args()
    lost = 0
    with tempfile.TemporaryDirectory() as folder:
        prepare(folder)
        for number in range(options.runs):
            problem = run(folder, options.launcher, number)
            if problem is not None:
                lost += 1
                print(f"run {number}: {problem}", flush=True)
    print(f"{options.launcher} task: {lost} of {options.runs} runs lost", flush=True)
    sys.exit(1 if lost > 0 else 0)


main()
