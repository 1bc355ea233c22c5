#!/bin/sh
# Ours beside PyTorch, on the same batches in one run. Needs a python with torch:
#     bench/compare.sh python3 --data-dir data/proofs [--tokenizer FILE] [--quick]
set -eu
python=$1
shift
here=$(dirname "$0")
batches=$(mktemp)
trap 'rm -f "$batches"' EXIT
deno task --quiet bench "$@" --batches "$batches"
deno task --quiet bench "$@"
"$python" "$here/pytorch_reference.py" "$batches"
