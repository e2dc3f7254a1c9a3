"""`make bench`: every measurement of the hot path, and one table of what it found.

`ARGS="--quick"` takes about two minutes and leaves out what takes long; names of scenarios run only those.
"""

from __future__ import annotations

import argparse
from collections.abc import Callable

from tests.benchmarks.growth import growth
from tests.benchmarks.relay import relay
from tests.benchmarks.report import Section, table
from tests.benchmarks.stage import FastEndpoint, running_endpoint
from tests.benchmarks.storm import storm

SCENARIOS: dict[str, Callable[..., Section]] = {"relay": relay, "storm": storm, "growth": growth}


def measure(names: list[str], *, quick: bool) -> list[Section]:
    endpoint: FastEndpoint
    with running_endpoint() as endpoint:
        return [SCENARIOS[name](endpoint, quick=quick) for name in names]


def main() -> None:
    parser = argparse.ArgumentParser(prog="make bench", description=__doc__)
    parser.add_argument("scenario", nargs="*", choices=[[], *SCENARIOS], help="only these; default: all")
    parser.add_argument("--quick", action="store_true", help="a reduced form for development")
    arguments = parser.parse_args()
    print(table(measure(arguments.scenario or list(SCENARIOS), quick=arguments.quick)))


if __name__ == "__main__":
    main()
