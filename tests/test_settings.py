"""Where settings come from, and what a bad one says."""

from pathlib import Path

import pytest
from sqlalchemy import make_url

from analytics.__main__ import main
from analytics.settings import Settings, SettingsError, load_settings, shown_url
from analytics.storage.faults import DatabaseProblem
from analytics.storage.store import open_database

pytestmark = pytest.mark.usefixtures("new_process")

README = Path(__file__).parents[1] / "README.md"
DEFAULTS = {
    "DATABASE_URL": "sqlite:///./ai_twin_analytics.db",
    "REPORTING_TIMEZONE": "UTC",
    "REFRESH_SECONDS": "10",
    "SEARCH": "true",
    "HOST": "localhost",
    "PORT": "8501",
    "ALLOW_ANONYMOUS": "false",
    "ALLOWED_HOSTS": "",
    "CORS_ORIGINS": "http://localhost:5173,http://localhost:3000",
}


def write_env(text: str) -> None:
    Path(".env").write_text(text, "utf-8")


def write_secrets(text: str) -> None:
    Path(".streamlit").mkdir()
    Path(".streamlit/secrets.toml").write_text(text, "utf-8")


def refused() -> str:
    """What is said about the settings in force."""
    with pytest.raises(SettingsError) as error:
        load_settings()
    return str(error.value)


def test_without_any_setting_the_defaults_hold() -> None:
    settings = load_settings()
    assert settings.shown() == DEFAULTS
    assert settings.is_default_database
    assert settings.zone.key == "UTC"
    assert settings.url.database == "./ai_twin_analytics.db"


def test_the_environment_wins_over_env_file_over_secrets(monkeypatch: pytest.MonkeyPatch) -> None:
    write_secrets('host = "secrets"\nreporting_timezone = "Asia/Kolkata"\nport = 1001\n')
    write_env("HOST=file\nREPORTING_TIMEZONE=Europe/Berlin\n")
    monkeypatch.setenv("HOST", "environment")
    settings = load_settings()
    assert settings.host == "environment"
    assert settings.reporting_timezone == "Europe/Berlin"
    assert settings.port == 1001
    assert settings.database_url == DEFAULTS["DATABASE_URL"]


@pytest.mark.parametrize("key", ["DATABASE_URL", "database_url", "Database_Url"])
def test_secrets_may_be_written_in_any_case_among_others(key: str) -> None:
    write_secrets(f'{key} = "sqlite:///other.db"\n[connections.sql]\nurl = "sqlite:///no.db"\n')
    settings = load_settings()
    assert settings.database_url == "sqlite:///other.db"
    assert not settings.is_default_database


def test_the_env_file_may_hold_other_programs_settings() -> None:
    write_env("# ours\nPORT=9000\nexport REPORTING_TIMEZONE='Europe/Berlin'\nOTHER=1\n")
    assert load_settings().port == 9000
    assert load_settings().zone.key == "Europe/Berlin"


def test_a_blank_setting_means_its_default(monkeypatch: pytest.MonkeyPatch) -> None:
    write_secrets('host = ""\n')
    write_env("REPORTING_TIMEZONE=\nCORS_ORIGINS=\n")
    monkeypatch.setenv("DATABASE_URL", "")
    monkeypatch.setenv("PORT", "")
    assert load_settings().shown() == DEFAULTS


def test_settings_are_read_once_and_can_not_be_changed(monkeypatch: pytest.MonkeyPatch) -> None:
    settings = load_settings()
    monkeypatch.setenv("PORT", "9000")
    assert load_settings() is settings
    with pytest.raises(ValueError, match="frozen"):
        settings.port = 9000


# --- faults -----------------------------------------------------------------------------------


@pytest.mark.parametrize("url", ["nonsense", "::secret::", "postgresql://me:secret@host:port/x"])
def test_a_bad_address_names_the_remedy_and_never_the_password(
    url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DATABASE_URL", url)
    assert refused() == (
        "DATABASE_URL: is no database address; write it like sqlite:///./name.db"
        " or postgresql+psycopg://user:password@host/name, an @ in the password as %40"
    )


@pytest.mark.parametrize("zone", ["Mars/Olympus", "../etc/passwd", "Europe", "CEST", " UTC"])
def test_an_unknown_time_zone_is_named_with_the_remedy(
    zone: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("REPORTING_TIMEZONE", zone)
    assert refused() == (
        f"REPORTING_TIMEZONE: {zone!r} is no time zone; use an IANA name such as UTC or"
        " Europe/Berlin"
    )


@pytest.mark.parametrize("name", ["https://a.example", "a.example:80", "*", "a b", "::x"])
def test_an_allowed_host_is_a_name_or_an_address(
    name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("ALLOWED_HOSTS", f"good.example, {name}")
    assert refused().startswith(f"ALLOWED_HOSTS: {name!r} is no host; write names or addresses")


def test_allowed_hosts_are_compared_as_browsers_write_them() -> None:
    settings = Settings(
        host="0.0.0.0",  # noqa: S104
        allowed_hosts=" Reports.Example. ,[2001:DB8::0:1],127.0.0.1,",
        allow_anonymous=True,
    )
    assert settings.names == ["reports.example", "2001:db8::1", "127.0.0.1"]
    assert settings.hosts == {"reports.example", "2001:db8::1", "0.0.0.0"}  # noqa: S104
    closed = settings.model_copy(update={"allow_anonymous": False})
    assert Settings(host="192.0.2.7", allowed_hosts="a.example").hosts == {"192.0.2.7"}
    assert closed.names == settings.names


def test_web_pages_of_this_machine_may_read_it_until_others_may() -> None:
    local = ["http://localhost:5173", "http://localhost:3000"]
    assert Settings().origins == local
    assert Settings(allow_anonymous=True).origins == []
    named = Settings(allow_anonymous=True, cors_origins="https://a.example/ ,")
    assert named.origins == ["https://a.example"]


def test_a_port_is_a_number(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PORT", "http")
    assert refused().startswith("PORT: ")
    assert "'http' is no port; choose a number from 1 to 65535" in refused()


def test_every_fault_is_named_a_line_each() -> None:
    write_env("DATABASE_URL=me:secret@host\nREPORTING_TIMEZONE=Mars\nPORT=high\n")
    said = refused()
    assert [line.split(":")[0] for line in said.splitlines()] == [
        "DATABASE_URL",
        "REPORTING_TIMEZONE",
        "PORT",
    ]
    assert "secret" not in said


def test_a_fault_is_looked_at_again(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PORT", "high")
    refused()
    monkeypatch.setenv("PORT", "9000")
    assert load_settings().port == 9000


@pytest.mark.parametrize(
    ("name", "content"),
    [
        (".streamlit/secrets.toml", b"port = unfinished"),
        (".streamlit/secrets.toml", b"host = '\xff\xfe'"),
        (".env", b"HOST=\xff\xfe"),
    ],
)
def test_a_settings_file_that_can_not_be_read_is_named(name: str, content: bytes) -> None:
    Path(".streamlit").mkdir()
    Path(name).write_bytes(content)
    assert name in refused()


# --- what may be shown ------------------------------------------------------------------------


def test_what_is_shown_holds_no_password() -> None:
    url = "postgresql+psycopg://me:secret@host:5432/name?password=hidden&sslkey=hidden"
    shown = Settings(database_url=url, reporting_timezone="Europe/Berlin").shown()
    assert shown == DEFAULTS | {
        "DATABASE_URL": "postgresql+psycopg://me:***@host:5432/name",
        "REPORTING_TIMEZONE": "Europe/Berlin",
    }
    assert shown_url(make_url(url)) == "postgresql+psycopg://me:***@host:5432/name"


PIECES = ("geheim", "wort77", "sesam")
PASSWORDS = (
    "geheim@wort77", "@geheim", "geheim@", "geheim@@wort77", "geheim@wort77@sesam",
    "geheim:wort77", "geheim:wort77@sesam", "geheim@wort77:sesam", "geheim@wort77:1/sesam",
    "geheim/wort77", "geheim/wort77@sesam", "geheim@wort77/sesam",
    "geheim?wort77", "geheim?wort77=1@sesam", "geheim@wort77?sesam", "geheim@wort77?sesam=1",
    "geheim@wort77?x&sesam", "geheim#wort77", "geheim@wort77#sesam", "geheim&wort77=sesam",
    "geheim%wort77", "%zzgeheim", "geheim%40wort77", "geheim%00wort77", "geheim%0Awort77",
    " geheim wort77 ", "geheim\twort77", "geheim\nwort77@sesam", "'geheim'", '"geheim" \\wort77',
    "geh\u00ebim-wort77", "\u79d8\u5bc6geheim", "geheim\U0001f511@wort77", "geheim@[wort77]sesam",
    "geheim@[::1]wort77", "[geheim]@wort77", "geheim;wort77", "$geheim`wort77`", "://geheim@wort77",
)  # fmt: skip
PLACES = (
    "postgresql+psycopg://reader:{}@127.0.0.1:1/db",
    "postgresql+psycopg://reader:{}@[::1]:1/db",
    "postgresql+psycopg://:{}@127.0.0.1:1",
    pytest.param(
        "postgresql+psycopg://reader:{}@127.0.0.1:1,127.0.0.2:1/db", marks=pytest.mark.slow
    ),
    pytest.param(
        "postgresql+psycopg://127.0.0.1:1/db?user=reader&password={}", marks=pytest.mark.slow
    ),
    pytest.param(
        "postgresql+psycopg://127.0.0.1:1?password={}&user=reader", marks=pytest.mark.slow
    ),
    "postgresql+psycopg:///db?host=127.0.0.1,::1&port=1,1&user=reader&password={}",
    "postgresql+nothing://reader:{}@127.0.0.1:1/db",
    "mysql://reader:{}@127.0.0.1:1/db",
    "sqlite+pysqlcipher://:{}@/data.db",
)


@pytest.mark.parametrize("place", PLACES)
def test_no_part_of_a_password_is_shown_said_or_logged(
    place: str,
    monkeypatch: pytest.MonkeyPatch,
    capfd: pytest.CaptureFixture[str],
    caplog: pytest.LogCaptureFixture,
) -> None:
    for password in PASSWORDS:
        monkeypatch.setenv("DATABASE_URL", place.format(password))
        load_settings.cache_clear()
        said = ""
        try:
            settings = load_settings()
        except SettingsError as error:
            said = str(error)
            assert "%40" in said
        else:
            said = f"{settings.shown()} {shown_url(settings.url)}"
            with pytest.raises(DatabaseProblem) as problem:
                open_database(settings)
            said += f"{problem.value} {problem.value.where}"
        for command in ("migrate", "rebuild"):
            assert main([command]) == 1
        out, err = capfd.readouterr()
        said += out + err + caplog.text
        assert "Traceback" not in said
        assert [piece for piece in PIECES if piece in said] == [], place.format(password)


def test_an_address_that_is_surely_read_is_shown() -> None:
    for address, shown in {
        "postgresql+psycopg://a@b:pass@host/db": "postgresql+psycopg://a%40b:***@host/db",
        "postgresql+psycopg://a:p%40ss@[::1]:5432/db": "postgresql+psycopg://a:***@[::1]:5432/db",
        "postgresql+psycopg://a:p/?#:ss@host/db?x=1": "postgresql+psycopg://a:***@host/db",
        "postgresql+psycopg:///db?host=A,B": "postgresql+psycopg:///db",
        "postgresql+psycopg://%2Frun%2Fpg/db": "postgresql+psycopg://%2Frun%2Fpg/db",
        "postgresql+psycopg://a:p@ss@host/db?x=1": None,
        "postgresql+psycopg://a:p@ss/x@host/db": "postgresql+psycopg://…",
        "sqlite:////home/me@work/a=b:c.db": "sqlite:////home/me@work/a=b:c.db",
    }.items():
        if shown:
            assert shown_url(Settings(database_url=address).url) == shown
        else:
            with pytest.raises(ValueError, match="%40") as error:
                Settings(database_url=address)
            assert "ss@" not in str(error.value)


def test_the_readme_names_every_setting_with_its_default() -> None:
    assert {name.upper() for name in Settings.model_fields} == DEFAULTS.keys()
    lines = README.read_text("utf-8").splitlines()
    for name, default in DEFAULTS.items():
        named = [line for line in lines if f"`{name}`" in line]
        assert named, f"README.md does not name {name}"
        assert any(default in line for line in named), f"README.md lacks the default of {name}"


@pytest.mark.parametrize("value", ["-1", "inf", "nan", "1e9", "soon"])
def test_a_refresh_that_no_timer_can_wait_for_is_refused(
    value: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("REFRESH_SECONDS", value)
    assert refused().startswith("REFRESH_SECONDS: ")


@pytest.mark.parametrize("value", ["0", "0.5", "86400"])
def test_a_refresh_is_shown_as_it_is_written(value: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("REFRESH_SECONDS", value)
    assert load_settings().shown()["REFRESH_SECONDS"] == value
