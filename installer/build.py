"""``make installer``: a wheel, an environment of its own, PyInstaller, then the packages.

    python installer/build.py [--variant cpu|gpu] [--only freeze,deb,portable]

Everything lies under build/installer-<variant>; what people get lies in dist/. Standard library
only; called by bootstrap.py with the project's own Python 3.11 to 3.13.
"""

from __future__ import annotations

import argparse
import os
import shutil
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import environment
from parts import in_parts, write_sums
from product import ROOT, product
from say import SetupError, say

CPU_TORCH = ("torch==2.13.0+cpu", "torchvision==0.28.0")
"""The newest pair whose CPU build needs nothing of CUDA; the Linux wheel is not on PyPI."""
CPU_INDEX = "https://download.pytorch.org/whl/cpu"
BEST_OF_ALL = ("--index-strategy", "unsafe-best-match")
"""That index has old versions of other packages as well; the pins stand on the usual one."""
_CUDA = ("torch==", "torchvision==", "nvidia-", "cuda-", "triton==")
EXTRAS = ("gui", "onnx")
STEPS = ("freeze", "deb", "portable")


class Build:
    """One build of one variant ('cpu' or 'gpu')."""

    def __init__(self, variant: str) -> None:
        self.variant = variant
        self.work = ROOT / "build" / f"installer-{variant}"
        self.venv = self.work / "venv"
        scripts = "Scripts" if os.name == "nt" else "bin"
        self.python = self.venv / scripts / ("python.exe" if os.name == "nt" else "python")
        self.frozen = self.work / "dist" / "tumordesk"
        self.out = ROOT / "dist"

    # --- the environment ----------------------------------------------------------------------

    def prepare(self, uv: str) -> None:
        """Build the wheel and install it with its pins, and PyInstaller, into a new environment."""
        shutil.rmtree(self.work / "wheel", ignore_errors=True)
        _call([uv, "build", "--wheel", "--out-dir", str(self.work / "wheel"), str(ROOT)])
        wheel = next((self.work / "wheel").glob("*.whl"))
        constraints = self.work / "constraints.txt"
        constraints.write_text(self._constraints(), encoding="utf-8")
        shutil.rmtree(self.venv, ignore_errors=True)
        _call([uv, "venv", "--quiet", "--python", sys.executable, str(self.venv)])
        install = [uv, "pip", "install", "--quiet", "--python", str(self.python)]
        install += ["--constraints", str(constraints), "--reinstall-package", "tumordesk"]
        install += [f"tumordesk[{','.join((*EXTRAS, 'installer'))}] @ {wheel.as_uri()}"]
        say("Installing what goes into the program.")
        if self.variant == "cpu" and sys.platform == "linux":
            _with_cpu_torch(install)
        else:
            _call(install)
        self._forget_source()

    def _forget_source(self) -> None:
        """Where the wheel lay on this computer is nobody's business."""
        for note in self.venv.glob("**/tumordesk-*.dist-info/direct_url.json"):
            note.unlink()

    def _constraints(self) -> str:
        """The project's pins; for a CPU build without those of the CUDA build of torch."""
        lines = (ROOT / "constraints.txt").read_text(encoding="utf-8").splitlines()
        if self.variant == "cpu" and sys.platform == "linux":
            lines = [line for line in lines if not line.startswith(_CUDA)]
        return "\n".join(lines) + "\n"

    def needs_rescue(self) -> bool:
        """Whether torchvision's compiled part does not fit this torch (see hook_torchvision_ops).

        Raises:
            SetupError: torchvision fails in another way.
        """
        answer = subprocess.run(
            [str(self.python), "-c", "import torchvision"],
            capture_output=True,
            text=True,
            check=False,
        )
        if answer.returncode == 0:
            return False
        if "operator torchvision::" in answer.stderr:
            self._rescue_here()
            return True
        raise SetupError(f"torchvision does not work in the build: {answer.stderr[-400:]}")

    def _rescue_here(self) -> None:
        """The build looks into packages that import torchvision: it needs the operators too."""
        packages = next((self.venv / "lib").glob("python3*")) / "site-packages"
        hook = Path(__file__).parent / "frozen" / "hook_torchvision_ops.py"
        shutil.copy2(hook, packages / "hook_torchvision_ops.py")
        (packages / "hook_torchvision_ops.pth").write_text("import hook_torchvision_ops\n", "utf-8")

    # --- the program --------------------------------------------------------------------------

    def freeze(self, uv: str) -> None:
        """Make ``self.frozen``: the folder with both programs."""
        started = time.monotonic()
        self.work.mkdir(parents=True, exist_ok=True)
        self.prepare(uv)
        rescue = self.needs_rescue()
        here = Path(__file__).parent
        svg = ROOT / "resources" / "brand" / "tumordesk.svg"
        _call([str(self.python), str(here / "icons.py"), str(svg), str(self.work / "icons")])
        _call([str(self.python), str(here / "licences.py"), str(self.work)])
        shutil.copy2(ROOT / "LICENSE", self.work / "LICENCES" / "TumorDesk.txt")
        (self.work / "version.txt").write_text(version_resource(), encoding="utf-8")
        say("Freezing the program; this takes some minutes.")
        variables = dict(os.environ, TUMORDESK_BUILD=str(self.work), PYTHONHASHSEED="1")
        # The wheel is what is frozen, not the checkout that this runs in.
        variables["PYTHONSAFEPATH"] = "1"
        variables["TUMORDESK_RESCUE"] = "1" if rescue else "0"
        command = [str(self.python), "-m", "PyInstaller", "--noconfirm", "--log-level", "WARN"]
        command += ["--distpath", str(self.work / "dist"), "--workpath", str(self.work / "pyi")]
        _call([*command, str(here / "tumordesk.spec")], variables)
        self._strip()
        self.forget_search_paths()
        say(f"Frozen in {time.monotonic() - started:.0f} s: {_gigabytes(self.frozen):.2f} GB.")

    def forget_search_paths(self) -> None:
        """Take folders of this computer out of where libraries look for others (RUNPATH)."""
        patchelf = shutil.which("patchelf")
        if patchelf is None or sys.platform != "linux":
            return
        for path in sorted(self.frozen.rglob("*.so*")):
            if path.is_symlink() or not path.is_file():
                continue
            asked = [patchelf, "--print-rpath", str(path)]
            found = subprocess.run(
                asked, capture_output=True, text=True, check=False
            ).stdout.strip()
            kept = [part for part in found.split(":") if part.startswith("$ORIGIN")]
            if found and ":".join(kept) != found:
                told = ["--set-rpath", ":".join(kept)] if kept else ["--remove-rpath"]
                _call([patchelf, *told, str(path)])

    def _strip(self) -> None:
        """Take the symbols off the libraries that carry many: a hundred megabytes less."""
        strip = shutil.which("strip")
        if strip is None or sys.platform != "linux":
            return
        inside = self.frozen / "_internal"
        files = [*inside.glob("torch/lib/*.so*"), *inside.glob("libpython3*.so*")]
        for path in files:
            if not path.is_symlink():
                _call([strip, "--strip-unneeded", str(path)])


def _with_cpu_torch(install: list[str]) -> None:
    """Install with PyTorch's CPU build: from where packages come from here, or from its own index.

    The variable TORCH_INDEX names another index for it.
    """
    install = [*install, *CPU_TORCH]
    index = os.environ.get("TORCH_INDEX")
    if not index:
        try:
            return _call(install)
        except SetupError:
            say("Not everything was found; asking PyTorch's own index, too.")
            index = CPU_INDEX
    try:
        _call([*install, "--extra-index-url", index, *BEST_OF_ALL])
    except SetupError as error:
        hint = "TORCH_INDEX=<address> names another place for"
        raise SetupError(f"{error} {hint} {CPU_TORCH[0]}.") from error


def version_resource() -> str:
    """The version resource of the Windows programs, as PyInstaller reads it."""
    told = product()
    strings = {
        "CompanyName": told.publisher,
        "FileDescription": told.name,
        "FileVersion": told.version,
        "LegalCopyright": told.copyright,
        "ProductName": told.name,
        "ProductVersion": told.version,
        "Comments": told.notice,
    }
    table = ", ".join(f"StringStruct({k!r}, {v!r})" for k, v in strings.items())
    return (
        f"VSVersionInfo(ffi=FixedFileInfo(filevers={told.numbers}, prodvers={told.numbers}), "
        f"kids=[StringFileInfo([StringTable('040904B0', [{table}])]), "
        "VarFileInfo([VarStruct('Translation', [1033, 1200])])])\n"
    )


def _gigabytes(folder: Path) -> float:
    files = (path for path in folder.rglob("*") if path.is_file() and not path.is_symlink())
    return sum(path.stat().st_size for path in files) / 1e9


def _call(command: list[str], variables: dict[str, str] | None = None) -> None:
    code = subprocess.run(command, cwd=ROOT, env=variables, check=False).returncode
    if code != 0:
        raise SetupError(f"{Path(command[0]).name} {' '.join(command[1:3])} ended with {code}.")


def build(variant: str, steps: tuple[str, ...], made: environment.Environment) -> int:
    """Carry the steps out; ``made`` is the project's environment, whose uv is used.

    Raises:
        SetupError: a step failed; its own words stand above.
    """
    os.environ.update(environment.uv_variables(made.pip_config(), dict(os.environ)))
    one = Build(variant)
    if "freeze" in steps:
        one.freeze(str(made.script("uv")))
    if not one.frozen.is_dir():
        raise SetupError("There is no frozen program yet. Run without --only.")
    one.out.mkdir(exist_ok=True)
    for step, make in _packages().items():
        if step in steps:
            started = time.monotonic()
            try:
                path = make(one)
            except subprocess.CalledProcessError as error:
                raise SetupError(f"{error.cmd[0]} ended with {error.returncode}.") from error
            size = path.stat().st_size / 1e6
            parts = in_parts(path)
            several = f" in {len(parts)} parts" if len(parts) > 1 else ""
            say(f"{path.name}: {size:.0f} MB{several} ({time.monotonic() - started:.0f} s).")
    if any(one.out.iterdir()):
        write_sums(one.out)
    return 0


def _packages() -> dict[str, Callable[[Build], Path]]:
    if sys.platform == "linux":
        from linux import deb, portable

        return {"deb": deb.make, "portable": portable.make}
    return {}


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description="Build TumorDesk's installers.")
    parser.add_argument("--variant", choices=["cpu", "gpu"], default="cpu")
    parser.add_argument("--only", default=",".join(STEPS), help="steps, with commas")
    chosen = parser.parse_args()
    try:
        wanted = tuple(chosen.only.split(","))
        sys.exit(build(chosen.variant, wanted, environment.Environment(ROOT)))
    except SetupError as error:
        say(str(error))
        sys.exit(1)
