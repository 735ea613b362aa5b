"""schemathesis against the documented API, all checks on: `python -m tests.fuzz_api`.

It runs rounds, each with another seed, until so many cases are done, on a copy of a database or on
sample data, and ends with status 1 when a round fails.
"""

import argparse
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import jsonschema_rs
import schemathesis
from schemathesis.core.failures import AcceptedNegativeData
from schemathesis.openapi.checks import RejectedPositiveData

from analytics.web.api import app
from tests.servers import ROOT, served

OPERATIONS = len(app.openapi()["paths"])
# What is right one by one and wrong together: no schema can say so, and a 422 is right.
TOGETHER = (
    "the period ends before it starts", "choose at most", "start later", "send compare_",
    "leave it out, or compare_",
    "counts from a first week", "a twin is chosen too", "nobody knows who owned a twin",
)  # fmt: skip
SCHEMATHESIS = Path(sys.executable).with_name("schemathesis")


@schemathesis.hook
def filter_failure(context: Any, failure: Any, case: Any, response: Any) -> bool:
    """Whether a failure counts."""
    if isinstance(failure, RejectedPositiveData) and response.status_code == 422:
        faults = response.json()["detail"]
        return not all(any(text in fault["msg"] for text in TOGETHER) for fault in faults)
    if isinstance(failure, AcceptedNegativeData):
        return not is_right(response.request.url, case.operation.definition.raw)
    return True


def is_right(url: str, documented: dict[str, Any]) -> bool:
    """Whether a query is right as it was sent: what is wrong with a value can get lost on the way.

    An empty list isn't sent at all, and `true` for a list of texts is the text "true".
    """
    parameters = {parameter["name"]: parameter["schema"] for parameter in documented["parameters"]}
    sent = parse_qsl(urlsplit(url).query, keep_blank_values=True, errors="strict")
    known = [(name, text) for name, text in sent if name in parameters]
    single = [name for name, _ in known if parameters[name].get("type") != "array"]
    return len(single) == len(set(single)) and all(
        text == ""  # allowEmptyValue
        or any(
            jsonschema_rs.is_valid(schema, value, validate_formats=True)
            for value in (
                text,
                int(text) if re.fullmatch("-?[0-9]{1,300}", text) else text,
                {"true": True, "false": False}.get(text, text),
            )
        )
        for name, text in known
        for schema in [parameters[name].get("items", parameters[name])]
    )


def round_of(address: str, cases: int, seed: int) -> tuple[int, bool]:
    """The number of cases in a round, and whether all were right."""
    # Other phases add to the examples: three quarters of them make about so many cases.
    command = [
        SCHEMATHESIS, "run", f"{address}/openapi.json", "--checks", "all", "--mode", "all",
        "--max-examples", str(max(1, cases * 3 // 4 // OPERATIONS)), "--seed", str(seed),
        "--continue-on-failure", "--workers", "2", "--no-color",
    ]  # fmt: skip
    environment = os.environ | {"SCHEMATHESIS_HOOKS": "tests.fuzz_api"}
    done = subprocess.run(
        command, cwd=ROOT, env=environment, capture_output=True, text=True, check=False
    )
    print(done.stdout[done.stdout.find("=== FAILURES") :] if done.returncode else "")
    print(done.stderr)
    found = re.search(r"([\d,]+) generated", done.stdout)
    print("\n".join(done.stdout.splitlines()[-12:]), flush=True)
    return int(found[1].replace(",", "")) if found else 0, done.returncode == 0


def fuzz(database: Path, cases: int, seed: int) -> bool:
    """Run until `cases` are done; whether all were right."""
    done, right = 0, True
    with served(database) as address:
        while done < cases:
            some, passed = round_of(address, cases - done, seed)
            done, right, seed = done + some, right and passed, seed + 1
            if not some:
                return False
    print(f"{done:,} cases on {database.name}: {'no failure' if right else 'FAILURES'}")
    return right


def main() -> int:
    """The command."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--database", type=Path, help="a database (copied); else sample data")
    parser.add_argument("--cases", type=int, default=10_000)
    parser.add_argument("--seed", type=int, default=1)
    asked = parser.parse_args()
    with TemporaryDirectory(dir=os.environ.get("TMPDIR")) as folder:
        path = Path(folder) / (asked.database.name if asked.database else "sample.db")
        if asked.database:
            shutil.copy(asked.database, path)
        else:
            from seed import generate  # noqa: PLC0415 - not for a given database

            generate(path, users=60, organizations=6, days=120)
        return 0 if fuzz(path, asked.cases, asked.seed) else 1


if __name__ == "__main__":
    sys.exit(main())
