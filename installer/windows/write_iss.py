"""product.iss, associations.iss and before.txt for the Windows installer, from product.toml."""

from __future__ import annotations

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from product import FileType, Product, product

_KEY = 'Root: HKA; Subkey: "{subkey}"; ValueType: {kind}; ValueName: "{name}"; ValueData: {data}'


def defines(told: Product, source: Path, icon: Path, output: Path, *, gpu: bool) -> str:
    """The preprocessor's names. A GPU build is split in parts below 2 GiB."""
    values = {
        "AppId": told.id,
        "AppGuid": "{" + told.windows_app_id,
        "AppName": told.name,
        "AppVersion": told.version,
        "AppNumbers": ".".join(str(n) for n in told.numbers),
        "AppPublisher": told.publisher,
        "AppCopyright": told.copyright,
        "AppNotice": told.notice,
        "Source": str(source),
        "Icon": str(icon),
        "Output": str(output),
        "Spanning": "yes" if gpu else "no",
        "Suffix": "-gpu" if gpu else "",
    }
    return "".join(f'#define {name} "{text}"\n' for name, text in values.items())


def associations(told: Product) -> str:
    """Registry entries that offer the program under 'Open with' and take nothing over.

    A ProgID of our own, named in OpenWithProgids of each extension; the default program of the
    extension is left as it is (learn.microsoft.com: 'Best practices for file associations').
    """
    lines = [_application(told)]
    for kind in told.file_types:
        lines.append(_program(told, kind))
        endings = {"." + extension.rpartition(".")[2] for extension in kind.extensions}
        lines += [_offer(told, kind, ending) for ending in sorted(endings)]
    return "\n".join(lines) + "\n"


def _name(told: Product, kind: FileType) -> str:
    return f"{told.name}.{kind.extensions[0].replace('.', '')}"


def _entry(subkey: str, name: str, data: str, flags: str, kind: str = "string") -> str:
    text = _KEY.format(subkey=subkey, name=name, data=f'"{data}"', kind=kind)
    return f"{text}; Flags: {flags}; Tasks: associations"


def _application(told: Product) -> str:
    key = rf"Software\Classes\Applications\{told.id}.exe"
    command = rf'""{{app}}\{told.id}.exe"" ""%1""'
    return _entry(rf"{key}\shell\open\command", "", command, "uninsdeletekey")


def _program(told: Product, kind: FileType) -> str:
    key = rf"Software\Classes\{_name(told, kind)}"
    command = rf'""{{app}}\{told.id}.exe"" ""%1""'
    icon = rf"{{app}}\{told.id}.exe,0"
    return "\n".join(
        [
            _entry(key, "", kind.name, "uninsdeletekey"),
            _entry(rf"{key}\DefaultIcon", "", icon, "uninsdeletekey"),
            _entry(rf"{key}\shell\open\command", "", command, "uninsdeletekey"),
        ]
    )


def _offer(told: Product, kind: FileType, ending: str) -> str:
    key = rf"Software\Classes\{ending}\OpenWithProgids"
    return _entry(key, _name(told, kind), "", "uninsdeletevalue")


def before(told: Product) -> str:
    """What stands before the first page: plain words, no surprise."""
    return (
        f"{told.name} {told.version}\n\n{told.notice}\n\nEverything it needs comes with it, the "
        "networks included. It opens no connection to the network unless you ask for one.\n"
    )


def main() -> None:
    """``write_iss.py SOURCE ICON OUTPUT [--gpu]``: write the three files beside this one."""
    source, icon, output = (Path(text) for text in sys.argv[1:4])
    here, told = Path(__file__).parent, product()
    text = defines(told, source, icon, output, gpu="--gpu" in sys.argv)
    (here / "product.iss").write_text(text, encoding="utf-8-sig")
    (here / "associations.iss").write_text(associations(told), encoding="utf-8-sig")
    (here / "before.txt").write_text(before(told), encoding="utf-8-sig")


if __name__ == "__main__":
    main()
