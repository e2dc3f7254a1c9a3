"""What a token costs does not depend on how many came before it, whatever the shape of the answer."""

from __future__ import annotations

import pytest

from tests.benchmarks.bench_markdown import SHAPES, measure


@pytest.mark.parametrize("shape", SHAPES)
def test_cost_per_token_is_flat(shape: str) -> None:
    short = min(measure(shape, 1000, 2)[0] for _ in range(3))
    long = min(measure(shape, 6000, 2)[0] for _ in range(2))
    # A cost that grew with the text would be six times as much; `make bench` measures the rest on an idle machine.
    assert long < 3 * short + 3, f"{short:.1f} µs a token, then {long:.1f}"


@pytest.mark.parametrize("shape", SHAPES)
def test_operations_carry_less_than_three_times_the_final_html(shape: str) -> None:
    assert measure(shape, 3000, 2)[2] < 3
