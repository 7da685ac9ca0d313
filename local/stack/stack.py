"""The local stack as a whole: what it consists of, with which settings, started in order and stopped.

    with Stack(folder=…, ports=Ports.free()) as stack:
        stack.functions_url, stack.storage

A part that dies is started again by `watch`, as a platform would; all of them survive that by design.
"""

from __future__ import annotations

import json
import os
import shutil
import time
import urllib.error
import urllib.request
from typing import TYPE_CHECKING, Any, Self

from local.errors import LocalStackError
from local.stack.azurite import KEY, LAKE_FOR_SPARK, LANDING, connection_string, create_containers, start_azurite
from local.stack.child import Child, start, start_module
from local.stack.ports import check_port
from local.stack.settings import Ports, settings
from local.toolchain import JARS, ROOT, java_home
from spark_jobs.catalog.schemas import SESSION_CATALOG

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping
    from pathlib import Path

BUNDLE = ROOT / "databricks.yml"
SUBSCRIBED = {"dataverse-contoso-sales": "on_dataverse_landed", "finance": "on_finance_landed"}
SHORTEST_LIFE = 10  # seconds; what ends sooner again and again will not get better


def answers(url: str) -> bool:
    """Tell whether something useful answers: any HTTP status that is no server error."""
    try:
        with urllib.request.urlopen(url, timeout=5):  # noqa: S310 - our own parts
            return True
    except urllib.error.HTTPError as error:
        return error.code < 500
    except (urllib.error.URLError, OSError):
        return False


class StackBrokenError(LocalStackError):
    """A part of the stack ends again and again."""

    def __init__(self, *, name: str, log: Path) -> None:
        super().__init__(f"{name} ends as soon as it is started; its log says why: {log}")
        self.name, self.log = name, log


class Stack:
    """Azurite, the emulators, the functions and the bridge. `folder` keeps their data and, in `logs`, what they say.

    `overrides` replaces app settings; `core_tools` lets `func start` host the functions where it is installed; `insights` has
    each run preview Customer Insights, and fail where a guard is broken.
    """

    def __init__(
        self,
        *,
        folder: Path,
        ports: Ports | None = None,
        overrides: Mapping[str, str] | None = None,
        bundle: Path = BUNDLE,
        core_tools: bool = False,
        insights: bool = False,
    ) -> None:
        self.folder, self.ports = folder, ports or Ports()
        self.settings = {**settings(self.ports), **(overrides or {})}
        self._insights = "on" if insights else "off"
        self._bundle, self._func = bundle, shutil.which("func") if core_tools else None
        self._children: dict[str, Child] = {}
        self._since: dict[str, float] = {}

    @property
    def storage(self) -> str:
        """Azurite's connection string."""
        return connection_string(self.ports.azurite)

    @property
    def functions_url(self) -> str:
        """Where the functions answer; the API is below `/api`."""
        return f"http://127.0.0.1:{self.ports.functions}"

    @property
    def jobs_url(self) -> str:
        """Where the emulated workspace answers; its fault switches are `/_faults`."""
        return f"http://127.0.0.1:{self.ports.jobs}"

    @property
    def customer_insights_url(self) -> str:
        """Where the emulated Customer Insights answers."""
        return f"http://127.0.0.1:{self.ports.customer_insights}"

    @property
    def bridge_url(self) -> str:
        """Where the bridge lists its subscriptions."""
        return f"http://127.0.0.1:{self.ports.bridge}"

    @property
    def host_name(self) -> str:
        """Who hosts the functions."""
        return "Azure Functions Core Tools" if self._func else "the local functions host"

    def __enter__(self) -> Self:
        """Start everything; on the way out of a failure, stop what was started."""
        try:
            for port, name in ((self.ports.functions, "the functions"), (self.ports.jobs, "the Jobs emulator")):
                check_port(port, name)
            check_port(self.ports.customer_insights, "the Customer Insights emulator")
            check_port(self.ports.bridge, "the bridge")
            for name in self._starters():
                self.start(name)
            for name, url in self._probes().items():
                self._children[name].wait_until(lambda url=url: answers(url), seconds=90)  # type: ignore[misc] # a default pins the loop's value
        except BaseException:
            self.stop()
            raise
        return self

    def __exit__(self, *_: object) -> None:
        """Stop everything."""
        self.stop()

    def start(self, name: str) -> None:
        """Start one part (again): azurite, jobs, customer-insights, functions or bridge."""
        self._children[name] = self._starters()[name]()
        self._since[name] = time.monotonic()

    def ready(self, name: str) -> None:
        """Wait until a part that has an address answers there."""
        url = self._probes()[name]
        self._children[name].wait_until(lambda: answers(url), seconds=90)

    def preview_insights(self, wanted: str = "on") -> None:
        """Have the runs from here on preview Customer Insights, or not: what `databricks jobs update` does to the parameter."""
        job_id = int(self.settings["DATABRICKS_JOB_ID"])
        parameters = self._ask_jobs(f"get?job_id={job_id}")["settings"]["parameters"]
        told = [one | {"default": wanted} if one["name"] == "insights" else one for one in parameters]
        self._ask_jobs("update", {"job_id": job_id, "new_settings": {"parameters": told}})

    def kill(self, name: str) -> None:
        """End one part as a crash would."""
        self._children[name].kill()

    def stop(self) -> None:
        """End all parts, those that use others first, and Azurite last, which all of them use."""
        for name in (*(name for name in reversed(self._children) if name != "azurite"), "azurite"):
            if (child := self._children.pop(name, None)) is not None:
                child.stop()

    def watch(self) -> Iterator[str]:
        """Start again what has ended, telling which; ends when a part does not live long enough to be started again."""
        for name, child in list(self._children.items()):
            if child.running:
                continue
            age = time.monotonic() - self._since[name]
            yield f"{child.name} ended after {age:.0f} s (log: {child.log})"
            child.stop()
            if age < SHORTEST_LIFE:
                raise StackBrokenError(name=child.name, log=child.log)
            self.start(name)

    def _ask_jobs(self, call: str, body: Mapping[str, Any] | None = None) -> dict[str, Any]:
        asked = urllib.request.Request(  # noqa: S310 - our own part
            f"{self.jobs_url}/api/2.2/jobs/{call}",
            data=None if body is None else json.dumps(body).encode(),
            headers={"Authorization": f"Bearer {self.settings['DATABRICKS_TOKEN']}", "Content-Type": "application/json"},
        )
        with urllib.request.urlopen(asked, timeout=10) as answer:  # noqa: S310 - our own part
            found: dict[str, Any] = json.load(answer)
        return found

    def _probes(self) -> dict[str, str]:
        return {
            "jobs": f"{self.jobs_url}/.well-known/databricks-config",
            "customer-insights": f"{self.customer_insights_url}/",
            "functions": f"{self.functions_url}/api/health",
            "bridge": f"{self.bridge_url}/eventSubscriptions",
        }

    def _starters(self) -> dict[str, Callable[[], Child]]:
        return {
            "jobs": self._jobs,  # first: its Spark takes longest to get warm, and asks for nothing meanwhile
            "azurite": self._azurite,
            "customer-insights": self._customer_insights,
            "functions": self._functions,
            "bridge": self._bridge,
        }

    def _log(self, name: str) -> Path:
        return self.folder / "logs" / f"{name}.log"

    def _azurite(self) -> Child:
        server = start_azurite(self.folder / "azurite", log=self._log("azurite"), ports=self.ports.azurite)
        create_containers(server.connection_string)
        return server.child

    def _jobs(self) -> Child:
        home = java_home()
        given = self.settings
        return start_module(
            "local.jobs_emulator",
            *("--port", str(self.ports.jobs), "--folder", str(self.folder / "databricks"), "--bundle", str(self._bundle)),
            *("--job-id", given["DATABRICKS_JOB_ID"], "--blob-port", str(self.ports.azurite[0]), "--jars", str(JARS)),
            *("--parameter", f"lake={LAKE_FOR_SPARK}", "--parameter", f"catalog={SESSION_CATALOG}"),
            *("--parameter", f"insights={self._insights}"),
            *("--webhook", f"{self.functions_url}/api/callback/databricks"),
            *(given["CALLBACK_USERNAME"], given["CALLBACK_PASSWORD"]),
            name="Jobs emulator",
            log=self._log("jobs"),
            root=ROOT,
            env={**os.environ, **({"JAVA_HOME": str(home)} if home else {}), "SPARK_JARS_DIR": str(JARS)},
        )

    def _customer_insights(self) -> Child:
        given = self.settings
        return start_module(
            "local.customer_insights_emulator",
            *("--port", str(self.ports.customer_insights), "--storage", self.storage),
            *("--instance", given["CUSTOMER_INSIGHTS_INSTANCE_ID"]),
            *("--source", given["CUSTOMER_INSIGHTS_DATA_SOURCE_ID"]),
            *("--subscription-key", given["CUSTOMER_INSIGHTS_SUBSCRIPTION_KEY"]),
            name="Customer Insights emulator",
            log=self._log("customer-insights"),
            root=ROOT,
        )

    def _functions(self) -> Child:
        env, log, port = {**os.environ, **self.settings}, self._log("functions"), str(self.ports.functions)
        if self._func:
            return start("Functions (Core Tools)", [self._func, "start", "--port", port], log=log, cwd=ROOT, env=env)
        return start_module("local.functions_host", "--port", port, name="Functions", log=log, root=ROOT, env=env)

    def _bridge(self) -> Child:
        watched = [f"--watch={container}={SUBSCRIBED[container]}" for container in LANDING]
        return start_module(
            "local.bridge",
            *("--port", str(self.ports.bridge), "--storage", self.storage, "--functions", self.functions_url, *watched),
            name="Bridge",
            log=self._log("bridge"),
            root=ROOT,
        )


def fixed_points(stack: Stack) -> list[tuple[str, str]]:
    """Return what a client has to know, as label and value."""
    blob, queue, table = stack.ports.azurite
    return [
        ("Functions", f"{stack.functions_url}/api/status  (hosted by {stack.host_name})"),
        ("Azurite", f"blob http://127.0.0.1:{blob}, queue :{queue}, table :{table}"),
        ("Account", f"devstoreaccount1, key {KEY}"),
        ("Drop files into", ", ".join(LANDING)),
        ("Read gold from", "gold/default.manifest.cdm.json"),
        ("Jobs API", stack.jobs_url),
        ("Customer Insights", stack.customer_insights_url),
        ("Logs", str(stack.folder / "logs")),
    ]
