"""What the house is held to: sizes, names, layers, and where a broad catch may stand."""

import ast
import re
import subprocess
import sys
from pathlib import Path

import pytest

from tests.servers.site import PROJECT_DIR

MODULE_LINES = 500
FUNCTION_LINES = 80
JUNK_DRAWERS = {"util", "utils", "helper", "helpers", "misc", "common"}

BROAD_CATCH_DOORS = {
    # A generation must end in exactly one final state whatever happens inside it.
    "conversations/generation/runner.py",
    "conversations/generation/ending.py",
    # A process that stops listening to the others is deaf until it is restarted.
    "conversations/generation/relay.py",
    # A socket that cannot go on must be closed, so that its page comes back and asks what it missed.
    "conversations/consumers.py",
    # Work that is done for many together must not fail for all because of one of them.
    "conversations/generation/database.py",
    # Hundreds of lexers of another package read what a model wrote: one that fails costs the colours, not the answer.
    "conversations/markdown/highlight.py",
    # Parsers of other packages read what anybody may have sent: whatever they raise says that the file is damaged.
    "conversations/media/parsing.py",
    # A picture that cannot be kept costs the picture, not the answer.
    "conversations/generation/received_files.py",
}


def sources(*patterns: str) -> list[Path]:
    return [
        path
        for pattern in patterns
        for path in sorted(PROJECT_DIR.glob(pattern))
        if "migrations" not in path.parts
    ]


CODE = sources("chatsite/**/*.py", "conversations/**/*.py")
NAMED = [*CODE, *sources("static/js/**/*.js", "tests/**/*.py")]


def name(path: Path) -> str:
    return path.relative_to(PROJECT_DIR).as_posix()


def is_broad(handler: ast.ExceptHandler) -> bool:
    caught = handler.type
    kinds = caught.elts if isinstance(caught, ast.Tuple) else [caught]
    return any(
        kind is None or (isinstance(kind, ast.Name) and kind.id in ("Exception", "BaseException"))
        for kind in kinds
    )


def raises_again(handler: ast.ExceptHandler) -> bool:
    last = handler.body[-1]
    return isinstance(last, ast.Raise) and last.exc is None


@pytest.mark.parametrize("path", [*CODE, *sources("static/js/**/*.js")], ids=name)
def test_a_module_has_one_reason_to_exist(path: Path) -> None:
    assert len(path.read_text(encoding="utf-8").splitlines()) <= MODULE_LINES


@pytest.mark.parametrize("path", CODE, ids=name)
def test_a_function_fits_on_a_screen(path: Path) -> None:
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            assert node.end_lineno is not None
            assert node.end_lineno - node.lineno < FUNCTION_LINES, f"{node.name}, line {node.lineno}"


def test_every_file_is_named_for_its_subject() -> None:
    assert [name(path) for path in NAMED if JUNK_DRAWERS & {path.stem, path.parent.name}] == []


def test_broad_catches_stand_at_their_doors_only() -> None:
    found = {
        f"{name(path)}"
        for path in CODE
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.ExceptHandler) and is_broad(node) and not raises_again(node)
    }
    assert found <= BROAD_CATCH_DOORS


def test_imports_keep_to_the_layers() -> None:
    linter = Path(sys.executable).with_name("lint-imports")
    done = subprocess.run(
        [linter, "--no-cache"], cwd=PROJECT_DIR, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr


def test_both_commands_are_what_ci_runs() -> None:
    steps = (PROJECT_DIR / ".ci" / "run").read_text().splitlines()
    assert steps[-2:] == ["make check", "make test"]


@pytest.mark.parametrize("path", sources("static/js/**/*.js"), ids=name)
def test_modules_are_imported_by_a_name_that_becomes_that_of_the_hashed_file(path: Path) -> None:
    imported = re.findall(r"\bimport\((.)", path.read_text())
    assert set(imported) <= {'"'}
