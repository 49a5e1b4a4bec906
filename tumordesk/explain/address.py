"""Where a language model answers: the address, whether it is this machine, and who allowed it."""

from __future__ import annotations

import ipaddress
import re
import socket
from collections.abc import Collection
from dataclasses import dataclass
from urllib.parse import SplitResult, urlsplit

from tumordesk.core.errors import ConfigError, TumorDeskError
from tumordesk.core.policy import policy

DEFAULT_ADDRESS = "http://127.0.0.1:11434/v1"
"""Where Ollama answers when it runs on this machine."""
_PORTS = {"http": 80, "https": 443}
_HOST = re.compile(r"[a-z0-9]([a-z0-9._-]{0,251}[a-z0-9])?")
_PATH = re.compile(r"(/[A-Za-z0-9._~-]+)*")
_FULL = ("/chat/completions", "/models")
_HINT = f"An address looks like {DEFAULT_ADDRESS}."


class ConsentNeeded(TumorDeskError):
    """The address is not this machine and nobody allowed it."""


@dataclass(frozen=True)
class Address:
    """The root of an OpenAI-compatible service. ``host`` is lower case, without brackets."""

    scheme: str
    host: str
    port: int
    path: str

    @property
    def place(self) -> str:
        """Host and port as a person reads them."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        return host if self.port == _PORTS[self.scheme] else f"{host}:{self.port}"

    @property
    def origin(self) -> str:
        """What consent is given for: 'https://models.example.org'."""
        return f"{self.scheme}://{self.place}"

    @property
    def encrypted(self) -> bool:
        """True where nobody on the way can read along."""
        return self.scheme == "https"

    @property
    def named_local(self) -> bool:
        """True for an address that says of itself that it is this machine. Looks nothing up."""
        return self.host == "localhost" or _is_loopback(self.host)

    def __str__(self) -> str:
        return f"{self.origin}{self.path}"


def parse_address(text: str) -> Address:
    """The address that a person typed, in one form.

    'http://' is added where no scheme is given, '/v1' where no path is given, and the paths of
    single calls ('/chat/completions') are cut off.

    Raises:
        ConfigError: it is no http(s) address, or holds a name and password, a query or spaces.
    """
    typed = text.strip()
    if not typed:
        raise ConfigError("The address is empty.", _HINT)
    if not typed.isprintable() or " " in typed or "\\" in typed:
        raise ConfigError("The address holds signs that do not belong there.", _HINT)
    parts = _split(typed if "://" in typed else f"http://{typed}")
    if parts.username is not None or parts.password is not None:
        raise ConfigError("The address holds a user name.", "Put a key into its own field.")
    if parts.query or parts.fragment:
        raise ConfigError("The address must end before '?' and '#'.", _HINT)
    host = (parts.hostname or "").removesuffix(".")
    if not _known_host(host):
        raise ConfigError("The address names no host.", _HINT)
    path = parts.path.rstrip("/")
    for ending in _FULL:
        path = path.removesuffix(ending)
    if _PATH.fullmatch(path) is None or ".." in path:
        raise ConfigError("The path of the address holds signs that do not belong there.", _HINT)
    return Address(parts.scheme, host, parts.port or _PORTS[parts.scheme], path or "/v1")


def _split(typed: str) -> SplitResult:
    try:
        parts = urlsplit(typed)
        port = parts.port
    except ValueError as error:
        raise ConfigError("The address cannot be read.", _HINT) from error
    if parts.scheme not in _PORTS:
        raise ConfigError("The address must begin with http:// or https://.", _HINT)
    if port == 0:
        raise ConfigError("The port of the address cannot be 0.", _HINT)
    return parts


def _known_host(host: str) -> bool:
    if ":" in host:
        try:
            return "%" not in host and bool(ipaddress.ip_address(host))
        except ValueError:
            return False
    return _HOST.fullmatch(host) is not None


def _is_loopback(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def local_addresses(address: Address) -> tuple[str, ...]:
    """IP addresses of this machine that ``address`` stands for; empty where it is not this one.

    Only the name 'localhost' is looked up; any other name is not this machine, whatever it
    would resolve to, and looking it up would already tell others about it.
    """
    if _is_loopback(address.host):
        return (address.host,)
    if address.host != "localhost":
        return ()
    found = resolve(address)
    return found if found and all(_is_loopback(ip) for ip in found) else ()


def resolve(address: Address) -> tuple[str, ...]:
    """IP addresses of a host, IPv4 first; empty where there are none. Asks the name service."""
    try:
        found = socket.getaddrinfo(address.host, address.port, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError):
        return ()
    inet = sorted((one for one in found if one[0] in _FAMILIES), key=lambda one: one[0])
    return tuple(dict.fromkeys(str(one[4][0]) for one in inet))


_FAMILIES = (socket.AF_INET, socket.AF_INET6)


def require_consent(address: Address, allowed: Collection[str]) -> tuple[str, ...]:
    """IP addresses to connect to, once it is sure that this may be done.

    ``allowed`` are the origins that the person consented to.

    Raises:
        ConsentNeeded: not this machine, and not allowed. Nothing was looked up.
        TumorDeskError: the administrator of this machine forbids it, or the host has no address.
    """
    rules = policy()
    rules.require("language-model")
    local = local_addresses(address)
    if local:
        return local
    rules.require("network")
    if address.host == "localhost":
        raise ConsentNeeded(
            "The name localhost does not lead to this computer here.",
            "Enter http://127.0.0.1 with the port instead.",
        )
    if address.origin not in allowed:
        raise ConsentNeeded(
            f"{address.place} is not this computer, and you have not allowed it.",
            "Allow it in the dialog, or use a program on this computer.",
        )
    found = resolve(address)
    if not found:
        raise TumorDeskError(
            f"No computer named {address.host} was found.", "Check the address and the network."
        )
    return found
