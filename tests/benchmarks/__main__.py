"""`make bench`: every measurement of the hot path, and one table of what it found.

`ARGS="--quick"` takes about two minutes and leaves out what takes long; names of scenarios run only those.
"""

from __future__ import annotations

import argparse
from collections.abc import Callable

from tests.benchmarks.browsing import browsing
from tests.benchmarks.growth import growth
from tests.benchmarks.opening import opening
from tests.benchmarks.relay import relay
from tests.benchmarks.report import Section, table
from tests.benchmarks.stage import running_endpoint
from tests.benchmarks.storm import storm
from tests.benchmarks.uploads import uploads

SCENARIOS: dict[str, Callable[..., Section]] = {
    scenario.__name__: scenario for scenario in (relay, storm, growth, opening, browsing, uploads)
}


def main() -> None:
    parser = argparse.ArgumentParser(prog="make bench", description=__doc__)
    parser.add_argument("scenario", nargs="*", choices=[[], *SCENARIOS], help="only these; default: all")
    parser.add_argument("--quick", action="store_true", help="a reduced form for development")
    arguments = parser.parse_args()
    sections: list[Section] = []
    try:
        with running_endpoint() as endpoint:
            for name in arguments.scenario or SCENARIOS:
                sections.append(SCENARIOS[name](endpoint, quick=arguments.quick))
    finally:
        # What was measured before a scenario failed is still worth having.
        print(table(sections))


if __name__ == "__main__":
    main()
