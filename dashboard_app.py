"""The process: the dashboard, and the API beside it when its extra is installed.

`python dashboard_app.py` and `streamlit run dashboard_app.py` both serve `app`.
"""

import gc
import inspect
import logging
import sys
import threading
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from datetime import UTC, datetime
from importlib import import_module
from pathlib import Path

import streamlit as st
from starlette.middleware import Middleware
from starlette.routing import BaseRoute
from streamlit import net_util

from analytics.metrics.pages import PAGES
from analytics.rollups.build import silent
from analytics.service import end_with_signals, service
from analytics.settings import Settings, SettingsError, host_name, is_loopback, load_settings
from analytics.storage.faults import DatabaseProblem
from analytics.web import descriptors, downloads
from analytics.web.accepting import Encodings
from analytics.web.gate import Gate, foreign_names
from ui import shell, views
from ui.results import prepare


def _warm() -> None:
    """Do before the first visitor comes what a first page would wait for."""
    for name in ("activities", "cards", "charts", "list_pages", "table_card", "transcript"):
        import_module(f"ui.{name}")
    # What Streamlit itself loads or works out with its first page.
    for name in ("pyarrow", "dataframe_util", "elements.vega_charts", "emojis"):
        import_module(name if name == "pyarrow" else f"streamlit.{name}")
    inspect.stack()
    with suppress(DatabaseProblem, SettingsError):
        prepare(service().store(silent), PAGES["overview"].slugs, datetime.now(UTC))
    # Streamlit collects all garbage after every run. Looking through all modules each time would
    # be most of a run's CPU: what is loaded by now stays anyway, and is not looked at again.
    gc.collect()
    gc.freeze()
    # After every 700 new objects, as is usual, it would look through a large table's rows.
    gc.set_threshold(50_000)


def _say_where(host: str | None, port: int) -> None:
    print(f"AI Twin Analytics on http://{host or '0.0.0.0'}:{port}", flush=True)  # noqa: S104


@asynccontextmanager
async def lifespan(_: st.App) -> AsyncIterator[None]:
    """Make the first page quick, and the end too; under `streamlit run`, say where it is."""
    if __name__ != "__main__" and Path(sys.argv[0]).name == Path(__file__).name:
        _say_where(st.get_option("server.address"), st.get_option("server.port"))
    descriptors.prepare()
    end_with_signals()
    threading.Thread(target=_warm, name="warm-up", daemon=True).start()
    yield


def _routes() -> list[BaseRoute]:
    """What is served beside the pages; the API where its extra is installed."""
    try:
        from analytics.web.api import routes  # noqa: PLC0415
    except ModuleNotFoundError as missing:
        if missing.name != "fastapi":
            raise
        return [*downloads.ROUTES, *views.ROUTES, *shell.ROUTES]
    return [*routes(), *downloads.ROUTES, *views.ROUTES, *shell.ROUTES]


# For its banner and for websockets of other origins Streamlit would ask the internet where this
# machine is, and every visitor would wait for the answer. A page's own origin needs no address.
# `streamlit run` has printed its banner before this; `.streamlit/config.toml` takes that away.
net_util.get_external_ip = net_util.get_internal_ip = lambda: None
app = st.App(
    "ui/main.py",
    lifespan=lifespan,
    routes=_routes(),
    middleware=[
        Middleware(Gate, own=shell.own_policy),
        Middleware(descriptors.Room),
        Middleware(Encodings),
    ],
)


def _who_is_answered(settings: Settings) -> str | None:
    """What to say about others on the network; None where there is nothing to say."""
    if settings.allow_anonymous:
        return (
            f"HOST = {settings.host}, ALLOW_ANONYMOUS = true: whoever reaches the dashboard can"
            " open it and read the conversations. Nobody is asked who they are."
        )
    if is_loopback(host_name(settings.host)):
        return None
    return (
        f"HOST = {settings.host}: others on the network reach the dashboard, but are refused (403);"
        " only this machine is answered. Nobody is asked who they are: set ALLOW_ANONYMOUS=true if"
        " everybody who reaches it may read the conversations."
    )


def main() -> None:
    """Serve on HOST and PORT, saying who is answered when others can reach it."""
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(levelname)s %(name)s %(message)s")
    try:
        settings = load_settings()
    except SettingsError as error:
        sys.exit(str(error))
    if why := foreign_names(settings):
        sys.exit(why)
    if said := _who_is_answered(settings):
        print(said, file=sys.stderr)
    _say_where(settings.host, settings.port)
    app.run(config={"server.address": settings.host, "server.port": settings.port})


if __name__ == "__main__":
    main()
