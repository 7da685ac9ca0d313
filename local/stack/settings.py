"""Where everything of the stack listens, and the app settings that follow from it."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING

from local.stack.azurite import LAKE_FOR_SPARK, STANDARD_PORTS, connection_string
from local.stack.ports import free_ports
from local.toolchain import ROOT
from shared.config.settings import check_trigger_settings, read_settings
from shared.config.tables import open_configuration
from shared.errors import SettingsInvalid

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

EXAMPLE = ROOT / "local.settings.json.example"


@dataclass(frozen=True, kw_only=True)
class Ports:
    """Where everything listens, on 127.0.0.1; by default the fixed points of design section 9."""

    azurite: tuple[int, int, int] = STANDARD_PORTS
    functions: int = 7071
    jobs: int = 8765
    customer_insights: int = 8766
    bridge: int = 8767

    @classmethod
    def free(cls) -> Ports:
        """Find ports that nobody uses now, for tests."""
        blob, queue, table, *others = free_ports(7)
        functions, jobs, customer_insights, bridge = others
        azurite = (blob, queue, table)
        return cls(azurite=azurite, functions=functions, jobs=jobs, customer_insights=customer_insights, bridge=bridge)


def settings(ports: Ports, *, example: Path = EXAMPLE) -> dict[str, str]:
    """Return the app settings: those of `local.settings.json.example`, at these ports."""
    values: dict[str, str] = json.loads(example.read_text(encoding="utf-8"))["Values"]
    storage = connection_string(ports.azurite)
    return {
        **values,
        "AzureWebJobsStorage": storage,
        "LakeStorage": storage,
        "LAKE_FOR_SPARK": LAKE_FOR_SPARK,
        "DATABRICKS_HOST": f"http://127.0.0.1:{ports.jobs}",
        "CUSTOMER_INSIGHTS_ROOT": f"http://127.0.0.1:{ports.customer_insights}/v1",
    }


def check_settings(values: Mapping[str, str], *, root: Path = ROOT) -> None:
    """Check app settings, and the `customer360.toml` that they name, as the app does when it starts.

    Raises `Misconfigured`, which says in one sentence what to mend.
    """
    try:
        told = read_settings(values)
        check_trigger_settings(values)
    except SettingsInvalid as error:
        raise SettingsInvalid(error.setting, error.expected, where=f"{EXAMPLE.name}, section Values") from error
    open_configuration(root, told.configuration)
