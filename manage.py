#!/usr/bin/env python3
"""Django's command line for this project."""

import os
import sys

from chatsite.environment import load_env_file


def main() -> None:
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "chatsite.settings")
    load_env_file()
    from django.core.management import execute_from_command_line

    execute_from_command_line(sys.argv)


if __name__ == "__main__":
    main()
