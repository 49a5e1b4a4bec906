"""Texts that a Linux desktop reads: menu entry, file types, software centre, manual pages."""

from __future__ import annotations

import textwrap
from datetime import UTC, datetime
from xml.sax.saxutils import escape

from product import FileType, Product

_MAN = {
    "tumordesk": (
        "outline, measure and classify brain tumours",
        (
            ("tumordesk", "[PATH ...]", "Open the window, with these scans."),
            ("tumordesk info", "PATH ...", "List what is in files and folders."),
            ("tumordesk predict", "PATH ... --model ID --out DIR", "Run a model on scans."),
            ("tumordesk batch", "FOLDER --model ID --out DIR", "Run a model on many studies."),
            ("tumordesk export", "RESULT --series PATH --out DIR", "Write results for a PACS."),
            ("tumordesk models", "", "List the models at hand; add or pack one."),
            ("tumordesk selftest", "[--json]", "Check that everything works on this machine."),
        ),
    ),
    "tumordesk-train": (
        "check data, train, evaluate and publish TumorDesk models",
        (
            ("tumordesk-train check-data", "DATA", "What a folder holds, and what is wrong."),
            ("tumordesk-train run", "CONFIG --data DATA --out RUN", "Train a model."),
            ("tumordesk-train evaluate", "RUN", "Figures on the part that was kept apart."),
            ("tumordesk-train publish", "RUN --id ID", "Make the best checkpoint a model."),
        ),
    ),
}


def system_files(told: Product) -> dict[str, str]:
    """Path below the root -> text; a path that ends in .gz is to be compressed."""
    share = "usr/share"
    found = {
        f"{share}/applications/{told.app_id}.desktop": desktop_entry(told),
        f"{share}/mime/packages/{told.app_id}.xml": mime_types(told),
        f"{share}/metainfo/{told.app_id}.metainfo.xml": metainfo(told),
        f"{share}/doc/{told.id}/copyright": copyright_file(told),
        f"{share}/doc/{told.id}/changelog.gz": changelog(told),
    }
    for name, (summary, uses) in _MAN.items():
        found[f"{share}/man/man1/{name}.1.gz"] = manual_page(told, name, summary, uses)
    return found


def wrapped(text: str, width: int) -> list[str]:
    """Lines of at most ``width`` characters."""
    return textwrap.wrap(" ".join(text.split()), width)


def desktop_entry(told: Product) -> str:
    """The menu entry (desktop entry specification 1.5)."""
    types = ";".join(kind.mime for kind in told.file_types)
    return "\n".join(
        [
            "[Desktop Entry]",
            "Type=Application",
            f"Name={told.name}",
            "GenericName=Brain tumour viewer",
            f"Comment={told.summary}. {told.notice}",
            f"Exec={told.id} %F",
            f"Icon={told.id}",
            "Terminal=false",
            f"Categories={';'.join(told.categories)};",
            f"Keywords={';'.join(told.keywords)};",
            f"MimeType={types};",
            "StartupNotify=true",
            f"StartupWMClass={told.id}",
            "",
        ]
    )


def mime_types(told: Product) -> str:
    """File types (shared MIME-info specification); offered, never made the default."""
    parts = ['<?xml version="1.0" encoding="UTF-8"?>']
    parts.append('<mime-info xmlns="http://www.freedesktop.org/standards/shared-mime-info">')
    for kind in told.file_types:
        parts += _mime_type(kind)
    return "\n".join([*parts, "</mime-info>", ""])


def _mime_type(kind: FileType) -> list[str]:
    lines = [f'  <mime-type type="{kind.mime}">', f"    <comment>{escape(kind.name)}</comment>"]
    if kind.magic is not None:
        offset, text = kind.magic
        lines += ['    <magic priority="60">']
        lines += [f'      <match type="string" offset="{offset}" value="{escape(text)}"/>']
        lines += ["    </magic>"]
    lines += [f'    <glob pattern="*.{extension}"/>' for extension in kind.extensions]
    lines += [f'    <glob pattern="{name}"/>' for name in kind.names]
    if any(extension.endswith(".gz") for extension in kind.extensions):
        lines.append('    <sub-class-of type="application/gzip"/>')
    return [*lines, "  </mime-type>"]


def metainfo(told: Product) -> str:
    """What software centres show (AppStream)."""
    paragraphs = "\n".join(f"      {line}" for line in wrapped(escape(told.description), 84))
    keywords = "".join(f"    <keyword>{escape(k)}</keyword>\n" for k in told.keywords)
    types = "".join(f"    <mediatype>{kind.mime}</mediatype>\n" for kind in told.file_types)
    day = datetime.now(UTC).strftime("%Y-%m-%d")
    return f"""<?xml version="1.0" encoding="UTF-8"?>
<component type="desktop-application">
  <id>{told.app_id}</id>
  <name>{told.name}</name>
  <summary>{escape(told.summary)}</summary>
  <metadata_license>CC0-1.0</metadata_license>
  <project_license>{told.licence}</project_license>
  <developer id="org.tumordesk"><name>{escape(told.publisher)}</name></developer>
  <description>
    <p>
{paragraphs}
    </p>
    <p>{escape(told.notice)}</p>
  </description>
  <launchable type="desktop-id">{told.app_id}.desktop</launchable>
  <keywords>
{keywords}  </keywords>
  <provides>
    <binary>tumordesk</binary>
    <binary>tumordesk-train</binary>
{types}  </provides>
  <content_rating type="oars-1.1"/>
  <releases>
    <release version="{told.version}" date="{day}"/>
  </releases>
</component>
"""


def copyright_file(told: Product) -> str:
    """Debian's copyright file; the parts' own texts lie in the program's folder."""
    return f"""Format: https://www.debian.org/doc/packaging-manuals/copyright-format/1.0/
Upstream-Name: {told.name}

Files: *
Copyright: 2026 {told.copyright}
License: {told.licence}
 On Debian systems the whole text lies in /usr/share/common-licenses/Apache-2.0.
 .
 The program brings other people's work along (PyTorch, Qt and others). What they are and under
 which licences stands in {told.folder}/_internal/LICENCES/PARTS.txt, and as a parts list
 (CycloneDX) in {told.folder}/_internal/sbom.json. The bundled models have licences of their own:
 see their cards in the program.
"""


def changelog(told: Product) -> str:
    """Debian's changelog, of one entry: the project's own is CHANGELOG.md."""
    when = datetime.now(UTC).strftime("%a, %d %b %Y %H:%M:%S +0000")
    return (
        f"{told.id} ({told.version}) stable; urgency=medium\n\n"
        f"  * Release {told.version}.\n\n -- {told.contact}  {when}\n"
    )


def manual_page(
    told: Product, name: str, summary: str, uses: tuple[tuple[str, str, str], ...]
) -> str:
    """A manual page (troff) of one program."""
    lines = [f'.TH {name.upper()} 1 "" "{told.name} {told.version}"', ".SH NAME"]
    lines += [f"{_plain(name)} \\- {summary}", ".SH SYNOPSIS"]
    for number, (command, arguments, _) in enumerate(uses):
        lines += [*([".br"] if number else []), f".B {_plain(command)}", _plain(arguments)]
    lines += [".SH DESCRIPTION", _plain(" ".join(told.description.split()))]
    for command, arguments, words in uses:
        lines += [".TP", f".B {_plain(command)} {_plain(arguments)}".rstrip(), words]
    lines += [".PP", f"Each command explains itself with {_plain('--help')}."]
    lines += [".SH NOTICE", told.notice]
    return "\n".join(line for line in lines if line) + "\n"


def _plain(text: str) -> str:
    return text.replace("\\", "\\e").replace("-", "\\-")
