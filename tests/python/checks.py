"""Counts the checks of a script: a line for each, and "N passed, N failed" at the end."""

import sys


class Checks:
    """`with Checks() as checks:` … leaves the process with code 1 if a check failed."""

    def __init__(self) -> None:
        self.passed = 0
        self.failed = 0

    def __enter__(self) -> "Checks":
        return self

    def __exit__(self, kind: object, *_rest: object) -> None:
        if kind is None:
            print(f"{self.passed} passed, {self.failed} failed", flush=True)
            sys.exit(1 if self.failed > 0 else 0)

    def check(self, name: str, good: bool, detail: str = "") -> None:
        """Count one check and print it; `detail` says what was found."""
        if good:
            self.passed += 1
        else:
            self.failed += 1
        print(f"{'ok' if good else 'FAILED'}  {name}{': ' if detail else ''}{detail}", flush=True)

    def below(self, name: str, value: float, limit: float) -> None:
        """Check value < limit (so NaN fails)."""
        self.check(name, value < limit, f"{value:.3g} (limit {limit:.3g})")
