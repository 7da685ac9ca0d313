"""Ports of this machine: whether one is taken, which are free, who answers."""

from __future__ import annotations

import socket

from local.errors import LocalStackError


class PortTakenError(LocalStackError):
    """Something else already listens where a part of the stack has to."""

    def __init__(self, *, port: int, wanted_by: str) -> None:
        super().__init__(f"Port {port}, wanted by {wanted_by}, is taken: stop what listens there and try again.")
        self.port, self.wanted_by = port, wanted_by


def check_port(port: int, wanted_by: str) -> None:
    """Raise PortTakenError unless `port` can be listened on."""
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as probe:
        # As servers do: a connection that is closing down (TIME_WAIT) is not a taken port.
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError as error:
            raise PortTakenError(port=port, wanted_by=wanted_by) from error


def free_ports(count: int) -> list[int]:
    """Find ports that nobody listens on now, all different: for tests, which must not meet the stack's fixed ones."""
    probes = [socket.socket(socket.AF_INET, socket.SOCK_STREAM) for _ in range(count)]
    try:
        for probe in probes:
            probe.bind(("127.0.0.1", 0))
        return [int(probe.getsockname()[1]) for probe in probes]
    finally:
        for probe in probes:
            probe.close()


def accepts_connections(port: int) -> bool:
    """Tell whether somebody answers on the port."""
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as probe:
        probe.settimeout(1)
        return probe.connect_ex(("127.0.0.1", port)) == 0
