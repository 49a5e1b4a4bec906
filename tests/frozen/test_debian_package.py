"""The .deb in a clean Debian 12 without Python: installs, works, goes without a trace.

Run by ``make installer-test`` as root, with a Debian mirror in reach; skipped everywhere else.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

pytestmark = [pytest.mark.frozen, pytest.mark.timeout(3600)]

ROOT = Path(__file__).resolve().parents[2]
BASE = ROOT / "build" / "debian-12.tar"
MIRROR = "http://deb.debian.org/debian"
LIMIT_S = 1800


@pytest.fixture(scope="module")
def package() -> Path:
    """The newest package in dist/."""
    found = sorted((ROOT / "dist").glob("tumordesk_*_amd64.deb"), key=lambda p: p.stat().st_mtime)
    if not found:
        pytest.fail("There is no package in dist/: run make installer first.")
    return found[-1]


@pytest.fixture(scope="module")
def debian(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """A fresh Debian 12, made with debootstrap (kept packed for the next time)."""
    if os.geteuid() != 0 or shutil.which("debootstrap") is None:
        pytest.skip("needs root and debootstrap")
    root = tmp_path_factory.mktemp("debian")
    if BASE.is_file():
        _call(["tar", "-xpf", str(BASE), "-C", str(root)])
    else:
        _call(["debootstrap", "--variant=minbase", "bookworm", str(root), MIRROR])
        BASE.parent.mkdir(exist_ok=True)
        _call(["tar", "-cpf", str(BASE), "-C", str(root), "."])
    # pytest's folders are closed to others; this one is the root folder of an ordinary user.
    root.chmod(0o755)
    for name in ("/etc/resolv.conf", "/etc/hosts"):
        shutil.copy(name, root / name.lstrip("/"))
    for name in ("proc", "sys", "dev"):
        _call(["mount", "--rbind", f"/{name}", str(root / name)])
        _call(["mount", "--make-rslave", str(root / name)])
    yield root
    for name in ("dev", "sys", "proc"):
        _call(["umount", "-l", str(root / name)])


def _call(command: list[str], **options) -> subprocess.CompletedProcess:
    answer = subprocess.run(
        command, capture_output=True, text=True, timeout=LIMIT_S, check=False, **options
    )
    assert answer.returncode == 0, f"{command}: {answer.stdout[-1500:]} {answer.stderr[-1500:]}"
    return answer


def _inside(root: Path, *command: str) -> subprocess.CompletedProcess:
    variables = {"PATH": "/usr/sbin:/usr/bin:/sbin:/bin", "DEBIAN_FRONTEND": "noninteractive"}
    proxies = {k: v for k, v in os.environ.items() if k.lower().endswith("_proxy")}
    return _call(["chroot", str(root), *command], env={**variables, **proxies})


def test_install_use_and_remove(debian: Path, package: Path) -> None:
    shutil.copy(package, debian / "tmp" / package.name)
    _inside(debian, "apt-get", "update", "-q")
    _inside(debian, "apt-get", "install", "-q", "-y", f"/tmp/{package.name}")
    assert not list((debian / "usr/bin").glob("python3*")), "Python came along"
    # A display to look at is the test's own need, not the program's.
    _inside(debian, "apt-get", "install", "-q", "-y", "--no-install-recommends", "xvfb", "xauth")
    _inside(debian, "useradd", "-m", "reader")
    seen = _offline(debian, "tumordesk selftest --json")
    document = json.loads(seen)
    assert document["passed"], [c for c in document["checks"] if not c["passed"]]
    assert "display" in {check["name"] for check in document["checks"]}
    for name in ("applications", "mime/packages", "metainfo"):
        assert list((debian / "usr/share" / name).glob("org.tumordesk.*")), name
    # The person leaves a setting behind, which must outlive the program.
    kept = debian / "home/reader/.config/TumorDesk/settings.json"
    assert not kept.parent.exists(), "the self-test left something behind"
    kept.parent.mkdir(parents=True)
    kept.write_text('{"schema": 1}', encoding="utf-8")
    _inside(debian, "apt-get", "purge", "-q", "-y", "tumordesk")
    left = [p for top in ("opt", "usr") for p in (debian / top).rglob("*umor[dD]esk*")]
    assert not left
    assert kept.is_file()


def _offline(root: Path, command: str) -> str:
    """Run as the ordinary user, on a virtual display, with no network but the machine itself."""
    shown = f'xvfb-run -a sh -c "{command}"'
    user = f"su - reader -c '{shown}'"
    inner = f"ip link set lo up 2>/dev/null; exec chroot {root} {user}"
    script = ["unshare", "-n", "sh", "-c", inner]
    answer = subprocess.run(script, capture_output=True, text=True, timeout=LIMIT_S, check=False)
    assert answer.stdout.startswith("{"), answer.stderr[-2000:]
    return answer.stdout
