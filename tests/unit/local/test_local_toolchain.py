"""Set-up does a step again only when what decides it changes, and the doctor reads versions right."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from local import toolchain
from local.toolchain import SetupStep, major_version, set_up

if TYPE_CHECKING:
    from pathlib import Path


@pytest.mark.parametrize(
    ("printed", "major"),
    [
        ('openjdk version "17.0.15" 2025-04-15', 17),
        ('java version "1.8.0_401"', 8),  # how Java called itself until 8
        ("v20.20.2", 20),
        ("", None),
    ],
)
def test_versions_are_read_from_what_programs_print(printed: str, major: int | None) -> None:
    assert major_version(printed) == major


class Work:
    """A step that counts how often it was done."""

    def __init__(self, folder: Path, **extra: Any) -> None:
        self.folder, self.count = folder, 0
        self.pins = folder / "requirements.txt"
        self.pins.write_text("a==1\n")
        fields: dict[str, Any] = {"name": "python", "decided_by": (self.pins, "3.11"), "leaves": folder / "result"}
        self.step = SetupStep(**{**fields, "act": self.act, **extra})

    def act(self) -> None:
        self.count += 1
        (self.folder / "result").touch()


@pytest.fixture
def work(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Work:
    monkeypatch.setattr(toolchain, "STAMPS", tmp_path / "stamps")
    return Work(tmp_path)


def test_a_step_that_was_done_is_not_done_again(work: Work) -> None:
    set_up([work.step])
    set_up([work.step])
    assert work.count == 1


def test_another_pin_does_the_step_again(work: Work) -> None:
    set_up([work.step])
    work.pins.write_text("a==2\n")
    set_up([work.step])
    assert work.count == 2


def test_a_result_that_is_gone_is_made_again(work: Work) -> None:
    set_up([work.step])
    (work.folder / "result").unlink()
    set_up([work.step])
    assert work.count == 2


def test_a_step_that_fails_is_not_taken_for_done(work: Work, tmp_path: Path) -> None:
    def fail() -> None:
        raise OSError

    broken = Work(tmp_path, act=fail).step
    with pytest.raises(OSError):  # noqa: PT011 - any
        set_up([broken])
    assert not broken.done()


def test_the_doctor_names_what_is_missing_in_one_sentence_each(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", "")
    monkeypatch.delenv("JAVA_HOME", raising=False)
    java, node, npm = toolchain.lacks()
    assert java.startswith("Java is missing")
    assert node.startswith("Node is missing")
    assert npm.startswith("npm is missing")


def test_the_lock_file_names_no_machine() -> None:
    """A lock file that names where a package came from only works where that registry answers."""
    assert '"resolved"' not in (toolchain.ROOT / "package-lock.json").read_text()


def test_the_functions_are_installed_on_a_second_python_by_the_same_pins(monkeypatch: pytest.MonkeyPatch) -> None:
    ran: list[str] = []
    monkeypatch.setattr(toolchain, "run", lambda *command: ran.append(" ".join(str(part) for part in command)))
    monkeypatch.setattr("sys.version_info", (3, 13, 0))
    assert toolchain.main(["other-python"]) == 0
    assert ran[-1].partition(" install ")[2].split()[1:] == [
        *("-r", str(toolchain.ROOT / "requirements.txt"), toolchain.RUNTIME),
        *toolchain.pinned("azurefunctions-extensions-base", "werkzeug", "croniter"),
    ]


def test_a_second_python_is_one_on_which_azure_functions_is_another(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr("sys.version_info", (3, 12, 9))
    assert toolchain.main(["other-python"]) == 1
    assert capsys.readouterr().out.startswith("Run this with a Python from 3.13 on")
