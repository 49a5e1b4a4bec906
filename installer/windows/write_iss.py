"""product.iss, associations.iss and before.txt for the Windows installer, from product.toml."""

from __future__ import annotations

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from product import FileType, Product, product


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
    Removing takes away what was added, and a key only where nobody else uses it.
    """
    lines = _application(told)
    for kind in told.file_types:
        lines += _program(told, kind)
        for ending in _endings(kind):
            lines += _offer(told, kind, ending)
    return "\n".join(lines) + "\n"


def _name(told: Product, kind: FileType) -> str:
    return f"{told.name}.{kind.extensions[0].replace('.', '')}"


def _endings(kind: FileType) -> list[str]:
    """What Windows takes for the extensions: from the last dot on."""
    return sorted({"." + extension.rpartition(".")[2] for extension in kind.extensions})


def _entry(subkey: str, flags: str, data: str | None, name: str = "") -> str:
    """A line of the [Registry] section; ``data`` None: the key alone, without a value."""
    key = rf'Root: HKA; Subkey: "Software\Classes\{subkey}"'
    value = f'ValueType: string; ValueName: "{name}"; ValueData: "{data}"'
    if data is None:
        value = "ValueType: none"
    return f"{key}; {value}; Flags: {flags}; Tasks: associations"


def _application(told: Product) -> list[str]:
    key = rf"Applications\{told.id}.exe"
    endings = sorted({ending for kind in told.file_types for ending in _endings(kind)})
    return [
        _entry(key, "uninsdeletekey", told.name, "FriendlyAppName"),
        _entry(rf"{key}\shell\open\command", "uninsdeletekey", _command(told)),
        *(_entry(rf"{key}\SupportedTypes", "uninsdeletekey", "", one) for one in endings),
    ]


def _program(told: Product, kind: FileType) -> list[str]:
    key = _name(told, kind)
    return [
        _entry(key, "uninsdeletekey", kind.name),
        _entry(rf"{key}\DefaultIcon", "uninsdeletekey", rf"{{app}}\{told.id}.exe,0"),
        _entry(rf"{key}\shell\open\command", "uninsdeletekey", _command(told)),
    ]


def _command(told: Product) -> str:
    return rf'""{{app}}\{told.id}.exe"" ""%1""'


def _offer(told: Product, kind: FileType, ending: str) -> list[str]:
    flags = "uninsdeletevalue uninsdeletekeyifempty"
    return [
        _entry(ending, "uninsdeletekeyifempty", None),
        _entry(rf"{ending}\OpenWithProgids", flags, "", _name(told, kind)),
    ]


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
