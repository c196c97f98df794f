"""Certificates that a cell's authority signs later: for new machines and apps, and before old ones end."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import click
import pytest
import yaml
from click.testing import CliRunner

from aurarouter_auragrid.cluster import certificates
from aurarouter_auragrid.cluster.plan import write_certificates, write_cluster
from aurarouter_auragrid.commands.session import found_cell
from aurarouter_auragrid.errors import GridError
from aurarouter_auragrid.settings import Tls
from aurarouter_auragrid.wire.own_certificate import ends_soon, require_trusted

MACHINES = {"a": "127.0.0.1", "b": "127.0.0.1", "c": "127.0.0.1"}


@pytest.fixture
def cell(tmp_path: Path) -> Path:
    write_cluster("shop", MACHINES, tmp_path / "cell", apps=("till",))
    return tmp_path / "cell"


def files(place: Path) -> Tls:
    return Tls(**{name: str(place / f"{name}.pem") for name in ("ca", "cert", "key")})


def test_those_that_come_later_are_taken_by_those_that_are_there(
    cell: Path, tmp_path: Path, aurarouter: Callable[..., Any]
) -> None:
    out = tmp_path / "later"
    command = ["grid", "certificates", "d=127.0.0.1", "--app", "kiosk", "--authority", str(cell / "authority")]
    done = aurarouter(*command, "--out", str(out), "--json")
    folders = [Path(each["folder"]) for each in json.loads(done.stdout)]
    assert folders == [out / "d", out / "app-kiosk"]
    assert (out / "d" / "ca.pem").read_bytes() == (cell / "a" / "ca.pem").read_bytes()
    require_trusted(files(out / "d"), "127.0.0.1")
    assert all(path.stat().st_mode & 0o077 == 0 for path in out.rglob("*"))
    again = aurarouter(*command, "--out", str(out))
    assert (again.returncode, "is not empty" in again.stderr) == (1, True)


def test_an_address_may_be_one_of_ipv6(cell: Path, tmp_path: Path) -> None:
    (folder,) = write_certificates({"d": "[fd00::1]"}, tmp_path / "later", cell / "authority")
    require_trusted(files(folder), "fd00::1")


@pytest.mark.parametrize("what", ["a machine's folder", "another cell's key", "an authority that has expired"])
def test_what_signs_for_this_cell_alone_can(
    cell: Path, tmp_path: Path, what: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    signs = cell / "authority"
    if what == "a machine's folder":
        signs = cell / "a"
    elif what == "another cell's key":
        write_cluster("other", MACHINES, tmp_path / "other")
        (signs / "ca.key").write_bytes((tmp_path / "other" / "authority" / "ca.key").read_bytes())
    else:
        monkeypatch.setattr(certificates, "CA_DAYS", 0)
        write_cluster("old", MACHINES, tmp_path / "old")
        signs = tmp_path / "old" / "authority"
    with pytest.raises(GridError, match="nothing can be signed"):
        write_certificates({"d": "127.0.0.1"}, tmp_path / "later", signs)
    assert not (tmp_path / "later").exists()


def test_a_name_leads_out_of_no_folder(cell: Path, tmp_path: Path) -> None:
    with pytest.raises(GridError, match="no app can be called"):
        write_certificates({}, tmp_path / "later", cell / "authority", apps=("x/../../y",))


def test_whose_certificate_ends_soon_is_told(cell: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert ends_soon(files(cell / "a")) == ""
    monkeypatch.setattr(certificates, "DAYS", 20)
    (folder,) = write_certificates({"a": "127.0.0.1"}, tmp_path / "short", cell / "authority")
    tls = files(folder)
    assert "aurarouter grid certificates" in ends_soon(tls)
    section = {"urls": ["tls://127.0.0.1:4222"], "tls": {"ca": tls.ca, "cert": tls.cert, "key": tls.key}}
    (tmp_path / "file.yaml").write_text(yaml.safe_dump({"grid": section}))

    @click.command()
    @click.pass_context
    def command(context: click.Context) -> None:
        context.obj = tmp_path / "file.yaml"
        found_cell(context)

    assert "ends on" in CliRunner().invoke(command).stderr
