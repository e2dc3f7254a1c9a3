"""The DATABASES entry: SQLite tuned for one busy process, or whatever DATABASE_URL names."""

from pathlib import Path
from typing import Any

import environ

SQLITE_OPTIONS: dict[str, Any] = {
    # A writer takes its turn at BEGIN: a transaction that reads first and writes later cannot wait for
    # another writer, SQLite refuses it at once.
    "transaction_mode": "IMMEDIATE",
    "timeout": 20,
    "init_command": (
        "PRAGMA journal_mode=WAL; PRAGMA synchronous=NORMAL; PRAGMA temp_store=MEMORY; "
        "PRAGMA mmap_size=134217728; PRAGMA journal_size_limit=67108864; PRAGMA cache_size=-8000"
    ),
}


def database_from_url(url: str, *, sqlite_path: Path) -> dict[str, Any]:
    """Django's settings of one database; an empty `url` means SQLite in `sqlite_path`.

    Raises ValueError when `url` names neither SQLite nor PostgreSQL.
    """
    if not url:
        config: dict[str, Any] = {"ENGINE": "django.db.backends.sqlite3", "NAME": str(sqlite_path)}
    elif "://" in url:
        config = dict(environ.Env.db_url_config(url))
    else:
        raise ValueError("this is no address, such as postgres://user:password@host:5432/name")
    if config["ENGINE"] == "django.db.backends.sqlite3":
        config["OPTIONS"] = {**SQLITE_OPTIONS, **config.get("OPTIONS", {})}
        # A file: an in-memory database shared by threads locks whole tables and ignores the time-out.
        config["TEST"] = {"NAME": str(sqlite_path.with_name("test.sqlite3"))}
    elif config["ENGINE"] != "django.db.backends.postgresql":
        raise ValueError(f"{config['ENGINE']} is neither SQLite nor PostgreSQL")
    elif not config["NAME"]:
        raise ValueError("it names no database")
    # A connection lives as long as its thread, and chatsite.threads keeps threads for later requests.
    config["CONN_MAX_AGE"] = None
    config["CONN_HEALTH_CHECKS"] = True
    return config
