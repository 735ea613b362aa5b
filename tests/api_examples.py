"""The examples in the API's documentation, made from sample data: `python -m tests.api_examples`.

A test keeps `analytics/web/api/examples.json` equal to what this makes.
"""

import json
import sys
from datetime import UTC, date, datetime
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from fastapi.testclient import TestClient

from analytics.lists.registry import LISTS
from analytics.metrics.registry import RESULTS
from analytics.service import Service
from analytics.settings import Settings
from analytics.web.api import create_app
from analytics.web.asker import clock, the_service
from seed import generate

TARGET = Path(__file__).parents[1] / "analytics/web/api/examples.json"
ROWS = 2  # of a list
NOW = datetime(2026, 11, 21, 18, 33, tzinfo=UTC)


def examples() -> dict[str, Any]:
    """Operation id to its answer, lists cut short."""
    with TemporaryDirectory() as folder:
        path = Path(folder) / "sample.db"
        generate(path, users=12, organizations=4, days=60, end_date=date(2026, 11, 20), seed=1)
        service = Service(Settings(database_url=f"sqlite:///{path}"))
        app = create_app()
        app.dependency_overrides |= {the_service: lambda: service, clock: lambda: NOW}
        client = TestClient(app)
        found: dict[str, Any] = {}
        for report in RESULTS:
            answer = client.get(f"/api/{report.path}").json()
            if answer:  # there is no note; it gets an example of the types of its fields
                found[report.slug] = answer if report.is_single else answer[:ROWS]
        page = client.get("/api/activities", params={"limit": ROWS}).json()
        found["activities"] = page
        for listed in LISTS:
            params = {"limit": ROWS}
            found[listed.slug] = client.get(f"/api/{listed.slug}", params=params).json()
        whole = client.get(f"/api/activities/{page['items'][0]['id']}").json()
        found["activity"] = {**whole, "messages": whole["messages"][:ROWS]}
        found["health"], found["status"] = client.get("/health").json(), client.get("/").json()
        service.close()
    return found


if __name__ == "__main__":
    TARGET.write_text(json.dumps(examples(), ensure_ascii=False, indent=1) + "\n", "utf-8")
    sys.stdout.write(f"{TARGET} written\n")
