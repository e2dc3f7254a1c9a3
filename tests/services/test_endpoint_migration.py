"""Databases of the first version, in which the site itself switched endpoints off that it did not find."""

import pytest
from django.db import connection
from django.db.migrations.executor import MigrationExecutor

FIRST = [("conversations", "0001_initial")]
SECOND = [("conversations", "0002_endpoint_present")]


def migrated_to(targets):
    executor = MigrationExecutor(connection)
    executor.migrate(targets)
    return (
        MigrationExecutor(connection)
        .loader.project_state(targets)
        .apps.get_model("conversations", "Endpoint")
    )


@pytest.fixture
def newest_again(transactional_db):
    yield
    executor = MigrationExecutor(connection)
    executor.migrate(executor.loader.graph.leaf_nodes())


@pytest.mark.usefixtures("newest_again")
def test_what_was_switched_off_is_told_from_what_is_not_there_and_back():
    before = migrated_to(FIRST)
    for name, source, enabled in [("a", "local", False), ("b", "local", True), ("c", "admin", False)]:
        before.objects.create(name=name, slug=name, source=source, enabled=enabled, base_url="http://h/v1")
    after = migrated_to(SECOND)
    assert list(after.objects.order_by("name").values_list("name", "enabled", "present")) == [
        ("a", True, False),
        ("b", True, True),
        ("c", False, True),
    ]
    before = migrated_to(FIRST)
    assert dict(before.objects.values_list("name", "enabled")) == {"a": False, "b": True, "c": False}
