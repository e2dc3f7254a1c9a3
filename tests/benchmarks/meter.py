"""What a process uses: CPU time and memory, read from outside."""

from __future__ import annotations

from dataclasses import dataclass

import psutil


@dataclass(frozen=True, slots=True)
class Meter:
    """Figures of one process, all its threads together."""

    process: psutil.Process

    @classmethod
    def of(cls, pid: int) -> Meter:
        return cls(psutil.Process(pid))

    @property
    def cpu_seconds(self) -> float:
        """User and system time since the process started."""
        times = self.process.cpu_times()
        return float(times.user + times.system)

    @property
    def memory_kib(self) -> float:
        """Resident memory."""
        return self.process.memory_info().rss / 1024
