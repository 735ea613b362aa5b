"""A chart in one plain sentence."""

from collections.abc import Mapping, Sequence
from typing import Any

import pandas as pd

from analytics.arithmetic import Share, percentage, rounded, share_change
from analytics.fields import Ratio
from analytics.format import count, long_day, moved, number, percent, signed
from analytics.metrics.result import Result
from analytics.output.chart_data import Compared, drawn_fields

_SOME_DAYS = (4, 12, 20)  # of 28: one a week, three a week, each working day
NAMED = 3  # of many that share a place
_NOT_OVER = "No day of this period is over yet"
_THEN = "on the last day compared with"


def summary(  # noqa: PLR0911 - a line a kind of chart
    result: Result, data: pd.DataFrame, compared: Compared | None = None
) -> str:
    """The chart in one plain sentence, from the rows it shows and those it compares with.

    It may quote names, which are other people's words.
    """
    drawing = result.drawing
    if data.empty:
        return result.empty
    if drawing.mark == "heatmap":
        return _cohorts_sentence(data)
    if drawing.below:
        return _flows_sentence(result, data)
    if drawing.x == "date":
        of_days = _last_day_sentence if drawing.as_of else _days_sentence
        return of_days(result, data, compared)
    if drawing.signed:
        return _parts_sentence(result, data)
    values = data[next(iter(drawn_fields(result)))].dropna()
    if values.empty:
        return _NOT_OVER + "."
    if values.max() <= 0:
        return result.empty
    say = {"hour": _hours_sentence, "active_days": _active_days_sentence}
    steps = say.get(drawing.x, _steps_sentence)
    return (_bars_sentence if drawing.mark == "bars" else steps)(result, data)


def _leading(result: Result, data: pd.DataFrame) -> tuple[str, Any, list[Any]]:
    """The first field, its highest value, and where it is reached."""
    name = next(iter(drawn_fields(result)))
    top = data[name].max()
    return name, top.item(), data.loc[data[name] == top, result.drawing.x].tolist()


def _hours_sentence(result: Result, data: pd.DataFrame) -> str:
    name, top, hours = _leading(result, data)
    starts = "The busiest hour starts" if len(hours) == 1 else "The busiest hours start"
    at = _listed([f"{hour}:00" for hour in hours])
    return f"{starts} at {at}, with {number(top)} {_lower(drawn_fields(result)[name])}."


def _active_days_sentence(_: Result, data: pd.DataFrame) -> str:
    people = dict(zip(data["active_days"].tolist(), data["people"].tolist(), strict=True))
    whose = count(people[1], "person was", "people were")
    most = max(days for days, number_ in people.items() if number_)
    more = ", ".join(
        f"{number(people[days])} on {days} or more" for days in _SOME_DAYS if 1 < days <= most
    )
    last = long_day(data["to_day"].iloc[0])
    said = f"{whose} active in the 28 days to {last}"
    return f"{said}{', ' if more else ''}{more}; the most were {count(most, 'day')}."


def _steps_sentence(result: Result, data: pd.DataFrame) -> str:
    """Where columns over a number that add up to a whole are highest."""
    name, top, steps = _leading(result, data)
    total = int(data[name].sum())
    more = {result.drawing.or_more: " or more"}
    at = _listed([f"{step}{more.get(step, '')}" for step in steps])
    counted = _lower(result.fields[result.drawing.x].label)
    each = " each" if len(steps) > 1 else ""
    of_all = f"of the {number(total)} {_lower(drawn_fields(result)[name])}{each}"
    share = percent(percentage(top, total))
    return f"Most common: {at} {counted}, in {number(top)} {of_all} ({share})."


def _bars_sentence(result: Result, data: pd.DataFrame) -> str:
    name, top, names = _leading(result, data)
    unit = result.fields[name].unit or _lower(drawn_fields(result)[name])
    if isinstance(result.fields[name].total, Ratio):  # quotients don't add up
        if len(names) > 1:
            return f"{_listed(names)} lead with {number(top)} {unit} each."
        return f"{names[0]} {'has' if len(data) == 1 else 'leads with'} {number(top)} {unit}."
    if result.fields[name].total == "distinct":  # nor do counts of the same people
        said = zip(data[result.drawing.x], data[name], strict=True)
        return f"{', '.join(f'{label}: {number(int(value))}' for label, value in said)}."
    total = int(data[name].sum())
    if len(data) == 1:
        return f"{names[0]} has all {number(top)} {unit} shown."
    of_all = f"of the {number(total)} {unit} shown"
    if len(names) > 1:
        return f"{_listed(names)} lead with {number(top)} each {of_all}."
    return f"{names[0]} leads with {number(top)} {of_all} ({percent(percentage(top, total))})."


def _days_sentence(result: Result, data: pd.DataFrame, compared: Compared | None) -> str:
    fields = dict(drawn_fields(result))
    total = result.fields[next(iter(fields))].total
    if total != "sum":
        fields = dict(list(fields.items())[:1])  # the others are derived from it
    complete = data["complete"].tolist()
    if total == "distinct" and any(complete) and data[list(fields)].isna().all(axis=None):
        return result.empty
    is_one_day, is_over = len(data) == 1, all(complete)
    now = [_over_days(result, data, name, complete) for name in fields]
    before: list[Share | None] = [None] * len(fields)
    if compared:
        rows = pd.DataFrame([row.model_dump() for row in compared.rows])
        before = [_over_days(result, rows, name, rows["complete"].tolist()) for name in fields]
    if not any(share and share[0] for share in (*now, *before)) and is_over:
        return result.empty
    moves = [
        _move(label, share, was)
        for label, share, was in zip(fields.values(), now, before, strict=True)
        if share
    ]
    if not moves and (is_one_day or any(complete)):
        return result.empty if any(complete) else f"{_NOT_OVER}."
    moves = [moves[0], *map(_lower, moves[1:])] if moves else [_NOT_OVER]
    sentence = _listed(moves) if compared else ", ".join(moves)
    if is_one_day:
        sentence += f" on {long_day(data['date'].iloc[0])}"
    elif now[0] and total == "distinct":
        sentence = f"On average, {_lower(sentence)} a day"
    if not is_over and (is_one_day or total == "sum"):
        sentence += " so far"
    if compared and len(compared.rows) != len(data) and total == "sum":
        sentence += f" ({count(len(data), 'day')} against {number(len(compared.rows))})"
    peak = "" if total == "last" or isinstance(total, Ratio) else _peak(result, data, fields)
    return f"{sentence}{peak}."


def _last_day_sentence(result: Result, data: pd.DataFrame, compared: Compared | None) -> str:
    """The figures of the last day that has them, and the first of them on that compared with."""
    fields = drawn_fields(result)
    if not data["complete"].any():
        return f"{_NOT_OVER}."
    known = data.dropna(subset=list(fields), how="all")
    if known.empty:
        return result.empty
    last, main = known.iloc[-1], next(iter(fields))
    said = [
        f"{number(int(last[name]))} {_lower(label)}"
        for name, label in fields.items()
        if not pd.isna(last[name])
    ]
    then = [getattr(row, main) for row in compared.rows] if compared else []
    before = next((value for value in reversed(then) if value is not None), None)
    other = "" if before is None else f"; {_lower(fields[main])} {number(before)} {_THEN}"
    return f"On {long_day(last['date'])}: {_listed(said)}{other}."


def _over_days(result: Result, data: pd.DataFrame, name: str, complete: list[bool]) -> Share | None:
    """One figure of a field's days as part and whole; None where there is none."""
    total = result.fields[name].total
    if isinstance(total, Ratio):
        part, whole = (int(data[of].sum()) for of in (total.part, total.whole))
        return (part, whole) if whole else None
    over = [
        (value, is_over)
        for value, is_over in zip(data[name].tolist(), complete, strict=True)
        if not pd.isna(value)
    ]
    if result.row.model_fields[name].annotation == int | None:  # fractions where one is missing
        over = [(int(value), is_over) for value, is_over in over]
    if not over:
        return None
    values = [value for value, _ in over]
    if total == "sum" or len(complete) == 1:
        return sum(values), 1
    if total == "last":
        return values[-1], 1
    values = [value for value, is_over in over if is_over]
    return (sum(values), len(values)) if values else None


def _move(label: str, now: Share, before: Share | None) -> str:
    value = now[0] if now[1] == 1 else rounded(*now)
    if before is None:
        return f"{label}: {number(value)}"
    was = before[0] if before[1] == 1 else rounded(*before)
    return f"{label} {moved(value, was, share_change(now, before))}"


def _peak(result: Result, data: pd.DataFrame, fields: Mapping[str, str]) -> str:
    """Where the days of a series were highest; "" for one day, and for nothing."""
    drawing = result.drawing
    shown = list(fields)[:1] if drawing.panels else list(fields)
    data = data.dropna(subset=shown, how="all")
    totals = data[shown].sum(axis=1).astype(int).tolist()
    top = max(totals, default=0)
    if len(totals) == 1 or top <= 0:
        return ""
    unit = ""
    if drawing.panels:
        unit = f" {_lower(fields[shown[0]])}"
    elif len(shown) > 1:
        unit = " in all"
    at = [day for day, total in zip(data["date"], totals, strict=True) if total == top]
    if len(at) == len(totals):
        return f"; every day had {number(top)}{unit}"
    has_years = data["date"].iloc[0].year != data["date"].iloc[-1].year
    where = long_day(at[0], year=has_years)
    if len(at) > 1:
        return f"; the peak of {number(top)}{unit} was reached on {len(at)} days, first {where}"
    return f"; the peak was {where} with {number(top)}{unit}"


def _parts_sentence(result: Result, data: pd.DataFrame) -> str:
    """Whom a change comes from, the largest parts first."""
    name = next(iter(drawn_fields(result)))
    parts = data[data[name] != 0].sort_values(name, key=abs, ascending=False, kind="stable")
    change = signed(data["change"].iloc[0].item())
    unit = f" {result.fields[name].unit}" if result.fields[name].unit else ""
    if parts.empty:
        return f"No difference: {_lower(result.title)} by {change}{unit}."
    said = [
        f"{'' if n else 'accounts '}for {signed(part)}"
        for n, part in enumerate(parts[name].iloc[:NAMED])
    ]
    told = [f"{who} {part}" for who, part in zip(parts[result.drawing.x], said, strict=False)]
    if len(parts) > NAMED:
        told.append("others for the rest")
    return f"{_listed(told)}, of the {_lower(result.title)} by {change}{unit}."


def _flows_sentence(result: Result, data: pd.DataFrame) -> str:
    over = data[data["complete"] & data["new"].notna()]
    if over.empty:
        return "No week of this period is over and has a whole week of data before it."
    last = over.iloc[-1]
    groups = [f"{int(last[name])} {_lower(label)}" for name, label in drawn_fields(result).items()]
    people = count(int(last["active_users"]), "person was", "people were")
    return (
        f"In the week from {long_day(last['date'])}: {_listed(groups)}; {people} active,"
        f" {number(int(last['active_before']))} in the week before."
    )


def _cohorts_sentence(data: pd.DataFrame) -> str:
    first = data.groupby("monday", sort=False)["users"].first()
    cohorts = count(len(first), "cohort")
    later = data[(data["week"] == 1) & data["share"].notna()]
    if later.empty:
        people = count(int(first.sum()), "person", "people")
        return f"{cohorts} of {people} in all; no second week is over yet."
    top = later["share"].max()
    if top == 0:
        return f"{cohorts}; nobody was active a week after the first."
    best = later[later["share"] == top]
    weeks = _listed(best["first_week"].tolist())
    people = count(int(best["users"].iloc[0]), "person", "people")
    of = f"of its {people} " if len(best) == 1 else ""
    came = "The cohort" if len(best) == 1 else "The cohorts"
    return f"{came} from {weeks} came back best: {percent(top)} {of}were active a week later."


def _listed(words: Sequence[str]) -> str:
    """As a, b and c; of many the first three and how many more."""
    if len(words) > NAMED + 1:
        words = [*words[:NAMED], f"{len(words) - NAMED} more"]
    *most, last = words
    return f"{', '.join(most)} and {last}" if most else str(last)


def _lower(words: str) -> str:
    return words[0].lower() + words[1:]
