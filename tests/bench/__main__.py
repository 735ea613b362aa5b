"""`make bench`: how long answers take, beside DuckDB and SQL over raw tables, and the bars to meet.

Makes the databases of `tests.bench.databases` once, in a folder. Every question is answered by all
three in turn, several times; the first answers are compared, number for number. Ends with status 1
when answers differ, 2 when a bar is missed.
"""

import argparse
import os
import re
import sys
import time
from collections.abc import Callable, Iterable
from functools import partial
from pathlib import Path
from statistics import median
from typing import Any

import duckdb
from platformdirs import user_cache_path

from analytics.metrics.registry import BY_SLUG
from tests.bench.databases import INDEXES, SIZES, TABLES, Made, make
from tests.bench.probes import BULK, LATE, probe
from tests.bench.questions import (
    AS_IS,
    DEEP,
    DUCKDB,
    LISTS,
    OVERVIEW,
    PERIODS,
    PRODUCT,
    RESULTS,
    SQL,
    Comparison,
    Product,
    Question,
    questions,
)

ADOPTION = ("adoption", "depth", "reach")  # paths of its results
ADOPTION_MS = {"90": 50, "all": 150}
SPLIT_MS = 400  # of those that are split by organization
GROWING = ("organizations", "departments", "twins")  # with organizations or twins
REPETITIONS = 15
ENOUGH = 10.0  # seconds that are spent on a way; then it is not repeated
ENOUGH_SQL = 1.0  # its ratios are far from their bars
TIMES = "\N{MULTIPLICATION SIGN}"
GB = 1024**3
TARGET = Path(__file__).parents[2] / "docs/benchmarks.md"
BLOCK = re.compile(r"(?<=<!-- benchmark -->\n).*?(?=<!-- /benchmark -->)", re.DOTALL)

Medians = dict[Question, dict[str, float]]
Bar = tuple[bool, str]


def measured(
    ways: dict[str, Callable[[], Any]], clock: Callable[[], float] = time.perf_counter
) -> tuple[dict[str, float], dict[str, Any]]:
    """The median seconds of each way, measured in turn, and each one's first answer."""
    answers: dict[str, Any] = {}
    seconds: dict[str, list[float]] = {way: [] for way in ways}
    for _ in range(REPETITIONS):
        for way, answer in ways.items():
            if sum(seconds[way]) > (ENOUGH_SQL if way in (SQL, AS_IS) else ENOUGH):
                continue
            began = clock()
            found = answer()
            seconds[way].append(clock() - began)
            answers.setdefault(way, found)
    return {way: median(taken) for way, taken in seconds.items()}, answers


def compare(made: Made, periods: Iterable[str], patience: float) -> tuple[Medians, list[str], int]:
    """Medians of every question, the differences, and how many statements were stopped."""
    comparison = Comparison(made, patience)
    medians: Medians = {}
    differences, stopped = [], 0
    for period in periods:
        for filtered in (False, True):
            for question in questions(period, filtered=filtered):
                medians[question], answers = measured(comparison.ways(question))
                stopped += sum(answers.get(way, ()) is None for way in (SQL, AS_IS))
                difference = comparison.difference(question, answers)
                if difference:
                    differences.append(difference)
                print(_line(made.size, question, medians[question]), difference, flush=True)
    comparison.close()
    return medians, differences, stopped


def growth(small: Made, large: Made) -> dict[Question, float]:
    """How many times longer the Overview's results take on the large database, asked in turn.

    In time of the processor: on a busy machine, others would decide about a millisecond's answer.
    """
    products = Product(small), Product(large)
    ratios = {}
    for period in ("30", "90"):
        for result in OVERVIEW:
            question = Question(result, period)
            ways = {str(n): partial(each.ask, question, 1) for n, each in enumerate(products)}
            seconds, _ = measured(ways, time.process_time)
            ratios[question] = seconds["1"] / seconds["0"]
    for each in products:
        each.store.close()
    return ratios


# --- bars ---------------------------------------------------------------------------------------


def speed_bars(medians: Medians) -> list[Bar]:
    """What must be quicker than DuckDB and SQL on the largest database, and deep pages."""
    bars: list[Bar] = []
    periods = [period for period in PERIODS if Question("metrics", period) in medians]
    for period in periods:
        if period == "365":
            continue
        took = together(medians, period)
        duck, sql, indexed = (took[way] / took[PRODUCT] for way in (DUCKDB, AS_IS, SQL))
        wanted = (4, 50) if period == "all" else (10, 100)
        text = (
            f"Overview together, {_days(period)}: {duck:.1f} {TIMES} faster than DuckDB (at least"
            f" {wanted[0]}), {sql:,.0f} {TIMES} faster than SQL on the same database (at least"
            f" {wanted[1]}), {indexed:.0f} {TIMES} with the indexes added"
        )
        bars.append((duck >= wanted[0] and sql >= wanted[1], text))
    for result in GROWING:
        worst = max(
            (medians[Question(result, period)][PRODUCT] / medians[Question(result, period)][DUCKDB],
             period)
            for period in periods
        )  # fmt: skip
        text = f"{result}: at worst {worst[0]:.2f} {TIMES} the time of DuckDB ({_days(worst[1])})"
        bars.append((worst[0] <= 1, f"{text} (at most 1)"))
    for name in LISTS:
        worst = max(
            (medians[Question(name + DEEP, period)][PRODUCT]
             / medians[Question(name, period)][PRODUCT], period)
            for period in periods
        )  # fmt: skip
        text = f"deep page of {name}: at worst {worst[0]:.1f} {TIMES} page 1 ({_days(worst[1])})"
        bars.append((worst[0] <= 10, f"{text} (at most 10)"))
    return bars


def adoption_bars(medians: Medians) -> list[Bar]:
    """How long the results of adoption may take on the largest database."""
    bars = []
    for period, most in ADOPTION_MS.items():
        for splits in (False, True):
            took = {
                result.slug: medians[question][PRODUCT] * 1000
                for result in BY_SLUG.values()
                if result.path.split("/")[0] in ADOPTION and ("change-of" in result.slug) == splits
                if (question := Question(result.slug, period)) in medians
            }
            if took:
                worst, allowed = (
                    max(took, key=lambda slug: took[slug]),
                    SPLIT_MS if splits else most,
                )
                what = "by organization" if splits else "adoption"
                text = (
                    f"{what}, {_days(period)}: at worst {took[worst]:.0f} ms ({worst}; under"
                    f" {allowed})"
                )
                bars.append((took[worst] < allowed, text))
    return bars


def growth_bars(ratios: dict[Question, float]) -> list[Bar]:
    """How the Overview's results may grow from M to L."""
    leaders = {q: ratio for q, ratio in ratios.items() if q.result == "leaderboard"}
    others = {q: ratio for q, ratio in ratios.items() if q not in leaders}
    bars = []
    for name, found, most in (("Overview", others, 1.5), ("leaderboard", leaders, 6)):
        worst = max(found, key=lambda question: found[question])
        where = f"{worst.result}, {_days(worst.period)}"
        text = f"L against M, {name}: at worst {found[worst]:.2f} {TIMES} ({where})"
        bars.append((found[worst] <= most, f"{text} (at most {most})"))
    return bars


def probe_bars(made: Made, build: dict[str, Any]) -> list[Bar]:
    """Memory, refreshes and inserts."""
    serving, writing = probe("serve", made), probe("write", made)
    inserts = writing["logged"] / writing["plain"]
    bars = [
        (serving["memory"] < GB, f"serving: {_size(serving['memory'])} at most (under 1 GB)"),
        (
            writing["late"] < 10,
            f"refresh of {LATE:,} late messages: {writing['late']:.1f} s (under 10 s)",
        ),
        (writing["one"] < 1, f"refresh of 1 message: {writing['one']:.2f} s (under 1 s)"),
        (
            inserts <= 2.5,
            f"{BULK:,} inserts with triggers: {inserts:.2f} {TIMES} those without (at most 2.5)",
        ),
    ]
    if build:
        text = (
            f"building: {_size(build['memory'])} at most, in {build['seconds']:.0f} s (under 2 GB)"
        )
        bars.insert(1, (build["memory"] < 2 * GB, text))
    return bars


# --- printing -----------------------------------------------------------------------------------


def together(medians: Medians, period: str, results: Iterable[str] = OVERVIEW) -> dict[str, float]:
    """The sums of the medians of some results, without filter."""
    found = [medians[Question(result, period)] for result in results]
    ways = set.intersection(*map(set, found))
    return {way: sum(each[way] for each in found) for way in ways}


def _days(period: str) -> str:
    return "all days" if period == "all" else f"{period} days"


def _size(count: int) -> str:
    return f"{count / 1024**2:,.0f} MB"


def _line(size: str, question: Question, seconds: dict[str, float]) -> str:
    label = f"{question.result}, {_days(question.period)}{', filtered' * question.filtered}"
    times = " ".join(f"{way} {1000 * taken:9.1f} ms" for way, taken in seconds.items())
    ratios = " ".join(
        f"{seconds[way] / seconds[PRODUCT]:7.1f} {TIMES}" for way in (DUCKDB, SQL) if way in seconds
    )
    return f"{size} {label:56} {times} {ratios}"


def table(medians: Medians) -> str:
    """Markdown: a row a result, a column a period; milliseconds, and how much longer the others."""
    periods = [period for period in PERIODS if Question("metrics", period) in medians]
    rows = {f"Overview, {len(OVERVIEW)} results together": OVERVIEW}
    rows |= {result: (result,) for result in RESULTS if result not in (*OVERVIEW, "sources")}
    lines = [
        "| | " + " | ".join(map(_days, periods)) + " |",
        "|---|" + "---:|" * len(periods),
    ]
    for label, results in rows.items():
        cells = []
        for period in periods:
            took = together(medians, period, results)
            others = [_ratio(took[way] / took[PRODUCT]) for way in (DUCKDB, SQL) if way in took]
            cells.append(_ms(took[PRODUCT]) + (f" ({' / '.join(others)})" if others else ""))
        lines.append(f"| {label} | " + " | ".join(cells) + " |")
    return "\n".join(lines)


def _ms(seconds: float) -> str:
    return f"{1000 * seconds:,.0f} ms" if seconds >= 0.01 else f"{1000 * seconds:.1f} ms"


def _ratio(ratio: float) -> str:
    return f"{ratio:,.0f} {TIMES}" if ratio >= 10 else f"{ratio:.1f} {TIMES}"


def _counts(made: Made) -> str:
    with duckdb.connect(str(made.columnar), read_only=True) as database:
        counts = [database.execute(f"SELECT count(*) FROM {t}").fetchone() for t in TABLES]
    numbers = (f"{count[0]:,} {name}" for name, count in zip(TABLES, counts, strict=True) if count)
    files = (("raw", made.raw), ("rollups", made.rollup), ("DuckDB", made.columnar),
             ("with indexes", made.indexed))  # fmt: skip
    sizes = ", ".join(f"{name} {_size(path.stat().st_size)}" for name, path in files)
    return f"{made.size}: {', '.join(numbers)}; {sizes}"


def report(made: Made, medians: Medians, bars: list[Bar], about: list[str]) -> str:
    """What goes into the documentation."""
    return "\n".join(
        [
            *about,
            "",
            "Milliseconds of the product at its largest size, and how many times longer DuckDB and "
            "SQL on SQLite with indexes take for the same rows from the raw tables (where a single "
            "statement gives them):",
            "",
            table(medians),
            "",
            *(f"- {'met' if met else '**missed**'}: {text}" for met, text in bars),
            "",
        ]
    )


def _load() -> str:
    return " ".join(f"{load:.1f}" for load in os.getloadavg())


def main() -> int:
    """The command."""
    parser = argparse.ArgumentParser(prog="make bench", description=__doc__)
    parser.add_argument("--sizes", default="S,M,L", help="of S, M and L (default: %(default)s)")
    parser.add_argument("--periods", default=",".join(PERIODS), help="(default: %(default)s)")
    parser.add_argument(
        "--folder",
        type=Path,
        default=user_cache_path("ai-twin-analytics") / "bench",
        help="keeps the databases, 14 GB for all sizes (default: in your cache folder)",
    )
    parser.add_argument(
        "--patience", type=float, default=120, help="seconds until SQL is stopped (default: 120)"
    )
    parser.add_argument("--docs", action="store_true", help="put the table into docs/benchmarks.md")
    asked = parser.parse_args()
    sizes, periods = asked.sizes.split(","), asked.periods.split(",")
    if not set(sizes) <= set(SIZES) or not set(periods) <= set(PERIODS):
        parser.error(f"sizes are {', '.join(SIZES)}; periods are {', '.join(PERIODS)}")
    asked.folder.mkdir(parents=True, exist_ok=True)
    before = _load()
    about, differences, stopped, count = [], [], 0, 0
    medians: Medians = {}
    for size in sizes:
        made = make(size, asked.folder.absolute())
        built = probe("build", made)
        if built["built"]:
            made.note(built)
        about.append(_counts(made))
        print(about[-1], flush=True)
        medians, found, given_up = compare(made, periods, asked.patience)
        differences += found
        stopped, count = stopped + given_up, count + len(medians)
    bars = speed_bars(medians) + adoption_bars(medians) if made.size == "L" else []
    smaller = Made("M", asked.folder.absolute())
    if made.size == "L" and smaller.rollup.exists():
        bars += growth_bars(growth(smaller, made))
    bars += probe_bars(made, made.notes)
    about.append(
        f"{count:,} questions on {', '.join(sizes)}: {len(differences)} differences. {stopped}"
        f" statements on SQLite were stopped after {asked.patience:.0f} s, and count with that."
    )
    about.append(
        f"{os.cpu_count()} cores, load before {before}, after {_load()} (1, 5, 15 minutes);"
        f" medians of {REPETITIONS} answers, fewer where they take over {ENOUGH:.0f} s together (of"
        f" SQL {ENOUGH_SQL:.0f} s). SQLite has"
        " 256 MB of cache; where nothing else is said it is a copy with indexes added for these"
        f" questions: {', '.join(INDEXES)}. DuckDB {duckdb.__version__} uses all cores, and ids"
        " of 16 bytes. Days are UTC."
    )
    text = report(made, medians, bars, [f"- {line}" for line in about])
    (asked.folder / "report.md").write_text(text)
    print(text, *differences, sep="\n")
    if asked.docs:
        TARGET.write_text(BLOCK.sub(lambda _: text, TARGET.read_text("utf-8")), "utf-8")
    return 1 if differences else 0 if all(met for met, _ in bars) else 2


if __name__ == "__main__":
    sys.exit(main())
