"""The REST API as `uvicorn analytics.api:app` serves it; `analytics.web.api` makes it."""

from analytics.web.api import app

__all__ = ["app"]
