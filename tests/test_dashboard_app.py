"""The process: where it listens, and what it says about it."""

import re
import tomllib
from pathlib import Path
from typing import Any

import pytest
import streamlit

import dashboard_app
from analytics.settings import load_settings
from ui import shell

CONFIG = Path(__file__).parent.parent / ".streamlit" / "config.toml"


@pytest.fixture
def served(monkeypatch: pytest.MonkeyPatch, new_process: None) -> list[dict[str, Any]]:
    """The configurations that the app was run with."""
    runs: list[dict[str, Any]] = []

    def run(config: dict[str, Any]) -> None:
        runs.append(config)

    monkeypatch.setattr(dashboard_app.app, "run", run)
    return runs


def test_it_listens_on_this_machine_only(
    served: list[dict[str, Any]], capsys: pytest.CaptureFixture[str]
) -> None:
    dashboard_app.main()
    assert served == [{"server.address": "localhost", "server.port": 8501}]
    assert "Nobody is asked" not in capsys.readouterr().err


@pytest.mark.parametrize("anonymous", ["", "true"])
@pytest.mark.parametrize("host", ["0.0.0.0", "::", "192.0.2.7", "reports.example"])  # noqa: S104
def test_another_host_says_that_nobody_is_asked_who_they_are(
    host: str,
    anonymous: str,
    served: list[dict[str, Any]],
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("HOST", host)
    monkeypatch.setenv("PORT", "8600")
    monkeypatch.setenv("ALLOW_ANONYMOUS", anonymous)
    load_settings.cache_clear()
    dashboard_app.main()
    assert served == [{"server.address": host, "server.port": 8600}]
    said = capsys.readouterr().err
    assert f"HOST = {host}" in said
    assert "Nobody is asked who they are" in said
    assert ("refused (403)" in said) is not bool(anonymous)


def test_a_proxy_of_another_name_needs_everybodys_leave(
    served: list[dict[str, Any]],
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("ALLOWED_HOSTS", "reports.example,localhost")
    load_settings.cache_clear()
    with pytest.raises(SystemExit, match=r"ALLOWED_HOSTS: reports\.example names another machine"):
        dashboard_app.main()
    assert not served
    monkeypatch.setenv("ALLOW_ANONYMOUS", "true")
    load_settings.cache_clear()
    dashboard_app.main()
    assert served
    assert "whoever reaches the dashboard can open it" in capsys.readouterr().err


def test_a_bad_setting_ends_with_a_sentence(
    served: list[dict[str, Any]], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PORT", "http")
    load_settings.cache_clear()
    with pytest.raises(SystemExit, match="PORT: 'http' is no port"):
        dashboard_app.main()
    assert not served


def test_streamlit_run_is_as_private() -> None:
    config = tomllib.loads(CONFIG.read_text())
    assert config["server"]["address"] == "localhost"
    assert config["browser"]["gatherUsageStats"] is False
    assert config["client"]["showErrorDetails"] == "none"


def test_the_first_html_fetches_what_every_page_draws_with() -> None:
    html = shell._html()
    for module in ("ArrowVegaLiteChart", "embed", "Metric", "Multiselect"):
        assert re.search(rf'rel="modulepreload" crossorigin href="\./static/js/{module}\.', html)
    for path in re.findall(r'href="\./(static/js/[^"]+)"', html):
        assert (Path(streamlit.__file__).parent / "static" / path).is_file()
    assert "<title>AI Twin Analytics</title>" in html
