"""Every setting of the product, in one place.

Values come from the environment, then `.env`, then `.streamlit/secrets.toml` (top-level keys, any
case), then the defaults below. The README lists each with its default; a test keeps it so.
"""

import re
from functools import cached_property, lru_cache
from ipaddress import IPv4Address, IPv6Address, ip_address
from pathlib import Path
from tomllib import TOMLDecodeError
from typing import Annotated
from zoneinfo import ZoneInfo

from pydantic import BeforeValidator, Field, ValidationError, field_validator
from pydantic_settings import (
    BaseSettings,
    PydanticBaseSettingsSource,
    SettingsConfigDict,
    TomlConfigSettingsSource,
)
from sqlalchemy import URL, make_url
from sqlalchemy.exc import ArgumentError

HIGHEST_PORT = 65_535
DEFAULT_DATABASE_URL = "sqlite:///./ai_twin_analytics.db"
DEFAULT_CORS_ORIGINS = "http://localhost:5173,http://localhost:3000"


class SettingsError(ValueError):
    """A setting can't be used; the message names the variable, the value and the remedy."""


def _blank_is_default(default: object) -> BeforeValidator:
    return BeforeValidator(lambda value: default if value == "" else value)


# What SQLAlchemy reads of an address, to its end and without an @ where it would be lost.
_PAIR = "[^@=&]*(?:=[^&]*)?"
_ADDRESS = re.compile(
    r"[\w+]+://(?:[^:/]*(?::[^@]*)?@)?(?:\[[^/?\]]+\]|[^/:?@\[\]]+)?(?::\d*)?(?:/[^?]*)?"
    rf"(?:\?{_PAIR}(?:&{_PAIR})*)?"
)


@lru_cache(maxsize=1_024)
def as_address(host: str) -> IPv4Address | IPv6Address | None:
    """A host as an address, an IPv4 one within IPv6 as itself; None where it is a name."""
    try:
        address = ip_address(host)
    except ValueError:
        return None
    return getattr(address, "ipv4_mapped", None) or address


def host_name(host: str) -> str:
    """A host as it is compared: a name in small letters, an address in its shortest form."""
    plain = host.lower().removesuffix(".").removeprefix("[").removesuffix("]")
    return str(as_address(plain) or plain)


def is_loopback(name: str) -> bool:
    """Whether a host that `host_name` has made is this machine, whoever says it."""
    if name == "localhost" or name.endswith(".localhost"):
        return True
    address = as_address(name)
    return address is not None and address.is_loopback


_NAME = re.compile(r"[A-Za-z0-9._-]{1,253}")
_SECONDS = Field(ge=0, le=86_400, allow_inf_nan=False)


class Settings(BaseSettings):
    """The product's settings; field names in capitals are the environment variables."""

    model_config = SettingsConfigDict(
        env_file=".env",
        env_file_encoding="utf-8",
        toml_file=Path(".streamlit/secrets.toml"),
        extra="ignore",
        hide_input_in_errors=True,
        frozen=True,
    )

    database_url: Annotated[str, _blank_is_default(DEFAULT_DATABASE_URL)] = DEFAULT_DATABASE_URL
    reporting_timezone: Annotated[str, _blank_is_default("UTC")] = "UTC"
    refresh_seconds: Annotated[float, _blank_is_default(10), _SECONDS] = 10
    # Full-text search over titles and messages; its index takes twice the room of their text.
    search: Annotated[bool, _blank_is_default(True)] = True
    host: Annotated[str, _blank_is_default("localhost")] = "localhost"
    port: Annotated[int, _blank_is_default(8501)] = 8501
    # Lets in whom the gate would refuse because nobody is asked who they are (`web.gate`).
    allow_anonymous: Annotated[bool, _blank_is_default(False)] = False
    # Names that the dashboard is asked by beside those of this machine and HOST, by commas.
    allowed_hosts: str = ""
    # Web pages that may read the API, separated by commas; "*" lets every page, without cookies.
    cors_origins: Annotated[str, _blank_is_default(DEFAULT_CORS_ORIGINS)] = DEFAULT_CORS_ORIGINS

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,
        file_secret_settings: PydanticBaseSettingsSource,
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        """Order the sources: arguments, environment, `.env`, Streamlit secrets."""
        secrets = TomlConfigSettingsSource(settings_cls)
        return init_settings, env_settings, dotenv_settings, secrets

    @field_validator("database_url")
    @classmethod
    def _readable_url(cls, value: str) -> str:
        try:
            url = make_url(value)
            # A file's address has no login, and three slashes at least.
            is_read = _ADDRESS.fullmatch(value) and not (
                _is_file(url) and (url.host or url.username or url.password)
            )
        except (ArgumentError, ValueError):
            is_read = None
        if not is_read:  # the value may hold a password: it is not repeated
            raise ValueError(
                "is no database address; write it like sqlite:///./name.db"
                " or postgresql+psycopg://user:password@host/name, an @ in the password as %40"
            )
        return value

    @field_validator("port", mode="before")
    @classmethod
    def _usable_port(cls, value: object) -> object:
        if value != "" and not (str(value).isdecimal() and 1 <= int(str(value)) <= HIGHEST_PORT):
            raise ValueError(f"{str(value)!r} is no port; choose a number from 1 to {HIGHEST_PORT}")
        return value

    @field_validator("allowed_hosts")
    @classmethod
    def _plain_names(cls, value: str) -> str:
        for name in filter(None, map(str.strip, value.split(","))):
            if not (_NAME.fullmatch(name) or as_address(host_name(name))):
                raise ValueError(
                    f"{name!r} is no host; write names or addresses separated by commas, without"
                    " scheme, port and path, such as reports.example,192.0.2.7"
                )
        return value

    @field_validator("reporting_timezone")
    @classmethod
    def _known_zone(cls, value: str) -> str:
        try:
            ZoneInfo(value)
        except (KeyError, OSError, ValueError):  # an unknown zone is a KeyError
            raise ValueError(
                f"{value!r} is no time zone; use an IANA name such as UTC or Europe/Berlin"
            ) from None
        return value

    @cached_property
    def url(self) -> URL:
        """The database address, parsed."""
        return make_url(self.database_url)

    @cached_property
    def zone(self) -> ZoneInfo:
        """The reporting time zone: days and hours are local to it."""
        return ZoneInfo(self.reporting_timezone)

    @cached_property
    def names(self) -> list[str]:
        """The hosts of ALLOWED_HOSTS."""
        return [host_name(name.strip()) for name in self.allowed_hosts.split(",") if name.strip()]

    @cached_property
    def hosts(self) -> frozenset[str]:
        """The names, beside those of this machine, that the dashboard may be asked by."""
        names = [host_name(self.host), *(self.names if self.allow_anonymous else ())]
        return frozenset(name for name in names if not is_loopback(name))

    @property
    def origins(self) -> list[str]:
        """The web pages that may read the API; their default is for this machine only."""
        if self.allow_anonymous and "cors_origins" not in self.model_fields_set:
            return []
        origins = (origin.strip().rstrip("/") for origin in self.cors_origins.split(","))
        return [origin for origin in origins if origin]

    @property
    def is_default_database(self) -> bool:
        """Whether nobody chose a database, so that sample data may be generated."""
        return self.database_url == DEFAULT_DATABASE_URL

    def shown(self) -> dict[str, str]:
        """Variable name to value, without passwords: safe to show on a page."""
        values = {name.upper(): getattr(self, name) for name in type(self).model_fields}
        shown = {
            name: f"{value:g}" if isinstance(value, float) else str(value)
            for name, value in values.items()
        }
        shown |= {
            name: str(value).lower() for name, value in values.items() if isinstance(value, bool)
        }
        return shown | {"DATABASE_URL": shown_url(self.url)}


def shown_url(url: URL) -> str:
    """The address without its password or query string, safe to show and to log.

    All of it is `…` where a part looks as if it held some of a password.
    """
    if _is_file(url):
        return f"sqlite:///{url.database or ''}"
    if _is_unsure(url):
        return f"{url.drivername}://…"
    return url.set(query={}).render_as_string(hide_password=True)


def _is_file(url: URL) -> bool:
    return url.get_backend_name() == "sqlite"


def _is_unsure(url: URL) -> bool:
    """Whether a password that isn't encoded may have spread to other parts."""
    return bool(
        re.search("[?#&=;]", url.username or "")
        or re.search(r"\?.*=", str(url.password or ""), re.DOTALL)
        or re.search("[@?#&=;]", url.host or "")
        or re.search("[@:/?#&=;]", url.database or "")
        or "@" in str(url.query)
    )


@lru_cache(maxsize=1)
def load_settings() -> Settings:
    """Read the settings once per process.

    Raises SettingsError with one line a fault.
    """
    try:
        return Settings()
    except (OSError, UnicodeDecodeError, TOMLDecodeError) as error:
        raise SettingsError(
            f".env or .streamlit/secrets.toml can't be read ({type(error).__name__}): write them as"
            " UTF-8 text, the second as TOML."
        ) from None
    except ValidationError as error:
        faults = [
            f"{str(fault['loc'][0]).upper() if fault['loc'] else 'A setting'}: "
            + fault["msg"].removeprefix("Value error, ")
            for fault in error.errors(include_input=False, include_url=False)
        ]
        raise SettingsError("\n".join(faults)) from None
