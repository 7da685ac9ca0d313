"""What a contestant does, and what it spends on each step: seconds on the wall, and of processor time."""

import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

import psutil

from benchmarks.peers.workload import Workload


@dataclass(frozen=True, kw_only=True)
class Spent:
    """Seconds of one step."""

    wall: float
    cpu: float  # of the process and all that it started, a JVM above all

    def __add__(self, other: "Spent") -> "Spent":
        """Return both together."""
        return Spent(wall=self.wall + other.wall, cpu=self.cpu + other.cpu)


class Clock:
    """Takes the time of steps, each by name; of steps with one name the sum."""

    def __init__(self) -> None:
        self._steps: dict[str, Spent] = {}

    @contextmanager
    def step(self, name: str) -> Iterator[None]:
        """Take the time of what is done within."""
        wall, cpu = time.perf_counter(), _processor()
        yield
        spent = Spent(wall=time.perf_counter() - wall, cpu=_processor() - cpu)
        self._steps[name] = self._steps.get(name, Spent(wall=0, cpu=0)) + spent

    def read(self) -> Mapping[str, Spent]:
        """Return the steps since it was read last."""
        steps, self._steps = self._steps, {}
        return steps


class Contestant(Protocol):
    """One way from bronze to gold, in a process of its own; what it writes lies below a folder of its own."""

    def __init__(self, workload: Workload, folder: Path, clock: Clock) -> None:
        """Start what is not counted: sessions, connections."""

    def run(self, number: int) -> None:
        """Take batch `number`, 0 being everything; steps are `silver`, and the tables of gold or `gold`."""

    def show(self, silver: Path, gold: Path) -> None:
        """Write what is current to parquet files, in the columns of `oracle.SILVER` and `oracle.GOLD`, or leave it out."""

    def close(self) -> None:
        """Stop what was started."""


def _processor() -> float:
    me = psutil.Process()
    return sum(map(_used, [me, *me.children(recursive=True)]))


def _used(process: psutil.Process) -> float:
    try:
        times = process.cpu_times()
    except psutil.NoSuchProcess:  # ended since it was listed: its parent has its time now
        return 0
    return float(times.user + times.system + times.children_user + times.children_system)
