"""What the laptop stack is made of, and how it gets there: `python3 -m local.toolchain setup|doctor|other-python`.

Runs before anything is installed, so it imports the standard library only. Each step leaves a stamp, the hash of the
files that decide it; a step whose stamp still fits is skipped, so a finished set-up costs a fraction of a second.
"""

from __future__ import annotations

import hashlib
import os
import re
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

ROOT = Path(__file__).resolve().parent.parent
VENV = ROOT / ".venv"
STATE = ROOT / ".local"
JARS = STATE / "jars"
STAMPS = STATE / "stamps"

PYTHON_WANTED, NODE_WANTED, JAVA_WANTED = (3, 11), 18, 17  # pyspark 4.2 needs Java 17
RUNTIME = "azure-functions-runtime==1.3.0"
OTHER_PYTHON = STATE / "other-python"  # the functions' packages on another Python than that of `.venv`
OTHER_WANTED = (3, 13)  # from there on azure-functions is 2.x, and the runtime library wants no persuasion


@dataclass(frozen=True, kw_only=True)
class SetupStep:
    """One step of the set-up, done again only when what decides it changes."""

    name: str
    decided_by: tuple[Path | str, ...]  # files by content, texts by themselves
    leaves: Path  # what must be there for the step to count as done
    act: Callable[[], None]

    def fingerprint(self) -> str:
        """Return the hash of what decides this step."""
        digest = hashlib.sha256()
        for part in self.decided_by:
            digest.update(part.read_bytes() if isinstance(part, Path) else part.encode())
            digest.update(b"\0")
        return digest.hexdigest()

    @property
    def stamp(self) -> Path:
        """Where the hash of the last success is kept."""
        return STAMPS / self.name

    def done(self) -> bool:
        """Tell whether it was done for exactly this input, and its result is still there."""
        return self.leaves.exists() and self.stamp.exists() and self.stamp.read_text() == self.fingerprint()


def java_home() -> Path | None:
    """Return the Java to use: JAVA_HOME if it has one, else the one on PATH."""
    home = os.environ.get("JAVA_HOME")
    if home and (Path(home) / "bin" / "java").exists():
        return Path(home)
    java = shutil.which("java")
    return Path(java).resolve().parent.parent if java else None


def major_version(text: str) -> int | None:
    """Return the major version that `java -version` or `node --version` prints (`1.8.0` is 8), None if there is none."""
    found = re.search(r"(\d+)(?:\.(\d+))?", text)
    if found is None:
        return None
    first, second = int(found[1]), found[2]
    return int(second) if first == 1 and second else first


def printed_by(command: Sequence[str | Path]) -> str:
    """Return what a program prints of itself, on either output; empty if it cannot be run."""
    try:
        run = subprocess.run([str(part) for part in command], capture_output=True, text=True, check=False, timeout=30)
    except OSError:
        return ""
    return run.stdout + run.stderr


def lacks() -> list[str]:
    """Return what the machine lacks, one sentence each with what to do; empty if nothing."""
    found = []
    if sys.version_info < PYTHON_WANTED:
        found.append(f"Python {sys.version.split()[0]} is too old: install Python 3.11 or later.")
    home = java_home()
    java = major_version(printed_by([home / "bin" / "java", "-version"])) if home else None
    if java is None:
        found.append("Java is missing (neither JAVA_HOME nor PATH has one): install a Java 17 or 21 runtime.")
    elif java < JAVA_WANTED:
        found.append(f"Java {java} is too old for Spark: install Java 17 or 21 and point JAVA_HOME at it.")
    node = major_version(printed_by([shutil.which("node") or "node", "--version"]))
    if node is None:
        found.append("Node is missing: install Node 18 or later (Azurite runs on it).")
    elif node < NODE_WANTED:
        found.append(f"Node {node} is too old for Azurite: install Node 18 or later.")
    if shutil.which("npm") is None:
        found.append("npm is missing: install it with Node (Azurite comes from the npm registry).")
    return found


def run(*command: str | Path, env: dict[str, str] | None = None, log: Path | None = None) -> None:
    """Run one command of the set-up in the project's folder; its output is the user's to see, or goes to `log`."""
    words = [str(part) for part in command]
    if log is None:
        subprocess.run(words, check=True, cwd=ROOT, env=env)
        return
    log.parent.mkdir(parents=True, exist_ok=True)
    with log.open("wb") as sink:
        try:
            subprocess.run(words, check=True, cwd=ROOT, env=env, stdout=sink, stderr=sink)
        except subprocess.CalledProcessError:
            print(f"Its output is in {log}.")
            raise


def install_python() -> None:
    """Install the virtual environment, the pinned packages, the Functions runtime, and the wheel's entry points."""
    if not (VENV / "bin" / "python").exists():
        run(sys.executable, "-m", "venv", VENV)
    pip: tuple[str | Path, ...] = (VENV / "bin" / "python", "-m", "pip", "--disable-pip-version-check", "install", "-q")
    run(*pip, "-r", ROOT / "requirements-dev.txt")
    # The runtime asks for Python 3.13 but runs on 3.11; its own requirements would replace azure-functions 1.x by 2.x
    # there (reference: Azure Functions, section 14).
    before_3_13 = ("--no-deps", "--ignore-requires-python") if sys.version_info < (3, 13) else ()
    run(*pip, *before_3_13, RUNTIME)
    run(*pip, "--no-deps", "-e", ROOT)


def pinned(*names: str) -> list[str]:
    """Return what `requirements-dev.txt` says of some packages."""
    lines = (ROOT / "requirements-dev.txt").read_text(encoding="utf-8").splitlines()
    told = {line.split("==")[0]: line.split()[0] for line in lines if "==" in line}
    return [told[name] for name in names]


def install_other_python() -> None:
    """Install what the functions and the runtime library need for the Python that runs this, beside `.venv`."""
    if not (OTHER_PYTHON / "bin" / "python").exists():
        run(sys.executable, "-m", "venv", OTHER_PYTHON)
    pip = (OTHER_PYTHON / "bin" / "python", "-m", "pip", "--disable-pip-version-check", "install", "-q")
    hosted = pinned("azurefunctions-extensions-base", "werkzeug", "croniter")
    run(*pip, "-r", ROOT / "requirements.txt", RUNTIME, *hosted)


def install_node() -> None:
    """Install Azurite, exactly as locked."""
    run("npm", "ci", "--no-audit", "--no-fund", "--loglevel=error")


# Run in the virtual environment: Spark's own Ivy resolves what delta-spark names and the ABFS driver of the Hadoop that
# pyspark ships, from the repositories that it knows. An own user.home keeps it from a personal Maven cache, where a pom
# without its jar would end the resolution.
RESOLVE = """
import pathlib, re, sys
import pyspark
from delta import configure_spark_with_delta_pip
client = next((pathlib.Path(pyspark.__file__).parent / "jars").glob("hadoop-client-api-*.jar"))
abfs = "org.apache.hadoop:hadoop-azure:" + re.fullmatch("hadoop-client-api-(.+)", client.stem)[1]
builder = pyspark.sql.SparkSession.builder.master("local[1]").config("spark.ui.enabled", "false")
builder = builder.config("spark.jars.ivy", sys.argv[1]).config("spark.jars.excludes", sys.argv[2])
configure_spark_with_delta_pip(builder, [abfs]).getOrCreate().stop()
"""
# In pyspark already, where a second copy would shadow it, or not used by the parts that are.
EXCLUDED_JARS = (
    "com.fasterxml.jackson*:*,com.github.luben:*,com.google.code.findbugs:*,com.microsoft.azure:*,commons-*:*,io.airlift:*,"
    "javax.annotation:*,org.apache.hadoop:hadoop-client-*,org.apache.httpcomponents:*,org.apache.logging.log4j:*,"
    "org.apache.parquet:*,org.hdrhistogram:*,org.locationtech.jts:*,org.roaringbitmap:*,org.slf4j:*,org.wildfly.openssl:*,"
    "org.xerial.snappy:*"
)


def install_jars() -> None:
    """Install Delta's jars and the ABFS driver in `.local/jars`, so that later sessions start without asking any repository."""
    ivy, home = STATE / "ivy", java_home()
    environment = {**os.environ, "SPARK_SUBMIT_OPTS": f"-Duser.home={ivy}", "SPARK_LOCAL_IP": "127.0.0.1"}
    if home:
        environment["JAVA_HOME"] = str(home)
    run(VENV / "bin" / "python", "-c", RESOLVE, ivy, EXCLUDED_JARS, env=environment, log=STATE / "logs" / "jars.log")
    shutil.rmtree(JARS, ignore_errors=True)
    shutil.move(ivy / "jars", JARS)
    shutil.rmtree(ivy)


def steps() -> tuple[SetupStep, ...]:
    """Return all steps of the set-up, in order."""
    version = f"{sys.version_info[0]}.{sys.version_info[1]}"
    requirements = (ROOT / "requirements.txt", ROOT / "requirements-dev.txt", ROOT / "pyproject.toml")
    return (
        SetupStep(
            name="python",
            decided_by=(*requirements, RUNTIME, version),
            leaves=VENV / "bin" / "python",
            act=install_python,
        ),
        SetupStep(
            name="node",
            decided_by=(ROOT / "package.json", ROOT / "package-lock.json"),
            leaves=ROOT / "node_modules" / "azurite",
            act=install_node,
        ),
        SetupStep(
            name="jars",
            decided_by=(ROOT / "requirements-dev.txt", RESOLVE, EXCLUDED_JARS),
            leaves=JARS,
            act=install_jars,
        ),
    )


def set_up(todo: Iterable[SetupStep]) -> None:
    """Do the steps that are not done; a failed command ends it (CalledProcessError) and leaves no stamp."""
    for step in todo:
        if step.done():
            continue
        print(f"Setting up: {step.name} …", flush=True)
        step.act()
        STAMPS.mkdir(parents=True, exist_ok=True)
        step.stamp.write_text(step.fingerprint())


def main(arguments: Sequence[str]) -> int:
    """Run `setup`, which installs what is missing, `other-python`, or `doctor`, which only tells.

    Exit 1 when the machine lacks something.
    """
    if arguments == ["other-python"]:
        if sys.version_info < OTHER_WANTED:
            print(
                f"Run this with a Python from {'.'.join(map(str, OTHER_WANTED))} on: python3.13 -m local.toolchain other-python"
            )
            return 1
        return _telling(install_other_python)
    missing = lacks()
    for sentence in missing:
        print(sentence)
    if missing:
        return 1
    if arguments == ["setup"]:
        return _telling(lambda: set_up(steps()))
    print("Python, Java, Node and npm are there.")
    for step in steps():
        print(f"{step.name}: {'installed' if step.done() else 'not installed yet: run `make setup`'}")
    func = shutil.which("func")
    print(f"Azure Functions Core Tools: {func or 'not installed; the local functions host stands in'}")
    return 0


def _telling(act: Callable[[], None]) -> int:
    try:
        act()
    except subprocess.CalledProcessError as error:
        print(f"Set-up stopped: `{' '.join(error.cmd[:5])[:80]} …` failed with exit {error.returncode}.")
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
