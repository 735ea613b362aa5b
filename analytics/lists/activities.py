"""The activity list: conversations, newest first."""

import datetime
import re
from bisect import bisect_left, bisect_right
from collections.abc import Iterator, Sequence
from dataclasses import replace
from itertools import accumulate
from typing import Any

from sqlalchemy import ColumnElement, Select, and_, func, select, true, tuple_

from analytics.errors import QueryError
from analytics.lists.activity_rows import ActivityItem, ActivityPage, FoundItem, activity_item
from analytics.lists.paging import check_page, place
from analytics.period import open_period
from analytics.query import Query
from analytics.reading.conditions import of_people
from analytics.reading.event_conditions import of_events
from analytics.reading.facts import in_activities
from analytics.reading.filters import TYPE_FLAGS, check_fits, is_drill_through
from analytics.reading.listing import activities_by_day
from analytics.reading.reader import Reader
from analytics.search.matching import matching
from analytics.search.snippets import snippets
from analytics.sql.collation import by_code_point, contains
from analytics.sql.stored import key
from analytics.sql.timestamps import DAY, to_instant

_CHUNK = 1_000
_MANY_USERS = 1_000
# A cursor is a position in the list: the instant and the id of the last activity that was read.
CURSOR_PATTERN = r"^[0-9]{1,18}\.[^\x00]+$"
Position = tuple[int, str]


def _position_of(a: Any) -> tuple[ColumnElement[int], ColumnElement[str]]:
    return a.started_at, by_code_point(a.session_id)


def activities(  # noqa: PLR0913 - what the contract's page has
    reader: Reader,
    query: Query,
    now: datetime.datetime,
    page: int = 1,
    limit: int = 20,
    *,
    cursor: str = "",
) -> ActivityPage:
    """A page of the activities, newest first (start, then id, both descending), and their number.

    With the `next_cursor` of an earlier page it holds what follows that one, and `page` only
    numbers it. Raises QueryError for a page below 1, a limit outside 1 to 100, or a cursor that no
    page gave. A page past the end is empty.
    """
    check_page(page, limit)
    items: list[ActivityItem] = []
    last: Position | None = None
    counts = _day_counts(reader, query)
    total = sum(activities for _, activities in counts)
    at = place(total, page, limit)
    if cursor:
        items, last = activities_after(reader, query, now, _position(cursor), limit)
        at |= {"has_next": last is not None, "has_prev": True}
    elif page <= at["total_pages"]:
        items = _items(reader, _rows_at(reader, query, counts, (page - 1) * limit, limit), now)
        if items and at["has_next"]:
            last = to_instant(items[-1].started_at), items[-1].id
    return ActivityPage(
        items=_with_snippets(reader, query, items),
        next_cursor=last and f"{last[0]}.{last[1]}",
        **at,
    )


def first_activities(
    reader: Reader, query: Query, now: datetime.datetime, limit: int = 20
) -> list[ActivityItem]:
    """The first page alone, which is quick whatever is asked; `count_activities` may follow."""
    return _with_snippets(reader, query, _items(reader, _page(reader, query).limit(limit), now))


def activities_after(
    reader: Reader,
    query: Query,
    now: datetime.datetime,
    after: Position | None,
    count: int,
) -> tuple[list[ActivityItem], Position | None]:
    """The next `count` activities after a position, and the last one's position if more follow."""
    a, rows = reader.activities.c, _page(reader, query)
    if after:
        rows = rows.where(tuple_(*_position_of(a)) < after)
    # Positions come from the rollups: rows deleted since they were built must not end the list.
    found = reader.execute(rows.with_only_columns(a.started_at, a.session_id).limit(count + 1))
    positions = found.all()
    last = positions[count - 1] if len(positions) > count else None
    return _items(reader, rows.limit(count), now), last and (last.started_at, last.session_id)


def all_activities(reader: Reader, query: Query, now: datetime.datetime) -> Iterator[ActivityItem]:
    """Every activity that `activities` would page through, held in memory a thousand at a time.

    It ends the reader's transaction after each thousand: whoever takes them slowly must not keep
    writers out of the database.
    """
    last: Position | None = None
    while True:
        items, last = activities_after(reader, query, now, last, _CHUNK)
        reader.rest()
        yield from items
        if last is None:
            return


def people_of(reader: Reader, ids: Sequence[str]) -> dict[str, str]:
    """The user id of each of these conversations."""
    sessions = reader.sessions.c
    found = reader.execute(select(sessions.id, sessions.user_id).where(sessions.id.in_(ids)))
    return {row.id: row.user_id for row in found}


def latest_activities(
    reader: Reader, query: Query, now: datetime.datetime, count: int = 8
) -> list[ActivityItem]:
    """The newest activities within the filters, whatever the period."""
    whenever = open_period(None, None, query.period.today)
    return first_activities(reader, replace(query, period=whenever), now, count)


def count_activities(reader: Reader, query: Query) -> int:
    """How many activities there are."""
    return sum(activities for _, activities in _day_counts(reader, query))


def _day_counts(reader: Reader, query: Query) -> list[tuple[int | None, int]]:
    """Each day that has such activities, newest first, and how many it has.

    The listing cells know; of all other questions all are counted together, as day None.
    """
    if not replace(query, type="all").is_of_slices:
        wanted = _wanted(reader, query, every=True, gather=True)
        counted = select(func.count()).select_from(reader.activities).where(wanted)
        return [(None, reader.scalar(counted) or 0)]
    return [*activities_by_day(reader, query, TYPE_FLAGS.get(query.type, 0))]


def _rows_at(
    reader: Reader,
    query: Query,
    counts: list[tuple[int | None, int]],
    offset: int,
    limit: int,
) -> Select[*tuple[Any, ...]]:
    """The wanted activities from `offset` on, which is before the end.

    Of counted days only those of the page are read, and one more on either side: two neighbours
    mix where a clock is put back over midnight. Else it counts off rows from the nearer end.
    """
    days = [day for day, _ in counts]
    ends = list(accumulate(activities for _, activities in counts))
    first = bisect_right(ends, offset)
    last = min(bisect_left(ends, offset + limit), len(days) - 1)
    newest, oldest = days[first], days[last]
    if newest is None or oldest is None:
        rows = _page(reader, query, every=offset > 0)
        behind = ends[-1] - offset - limit
        if behind >= offset:
            return rows.offset(offset).limit(limit)
        backwards = rows.order_by(None).order_by(*_position_of(reader.activities.c))
        return backwards.offset(max(0, behind)).limit(min(limit, limit + behind))
    before = first - 1 if first and days[first - 1] == newest + 1 else first
    skipped = ends[before - 1] if before else 0
    rows = _page(reader, query, every=offset > 0, within=(oldest - 1, newest + 1))
    return rows.offset(offset - skipped).limit(limit)


def _on_days(a: Any, first: int | None, last: int | None) -> ColumnElement[bool]:
    """Activities of these local days, and the instants between which an index finds them."""
    bounds: list[ColumnElement[bool]] = [true()]
    if first is not None:  # day 1 begins at the instant 0, in UTC; no zone is a day away from it
        bounds += [a.day >= first, a.started_at >= (first - 2) * DAY]
    if last is not None:
        bounds += [a.day <= last, a.started_at < (last + 1) * DAY]
    return and_(*bounds)


def _wanted(
    reader: Reader,
    query: Query,
    *,
    every: bool = False,
    gather: bool = False,
    within: tuple[int, int] | None = None,
) -> ColumnElement[bool]:
    check_fits(query, "conversations")
    a, users, period = reader.activities.c, reader.users.c, query.period
    flag = TYPE_FLAGS.get(query.type, 0)
    start = period.start.toordinal() if period.has_start else None
    end = period.end.toordinal() if period.has_end else None
    if within:  # one pair of bounds: of two, SQLite could seek the wider one
        start = max(start or within[0], within[0])
        end = min(end or within[1], within[1])
    # Slices, a type, a twin, a topic, an e-mail and words have ways of their own below.
    more = replace(query, user="", search="", type="all")
    conditions: list[ColumnElement[bool]] = []
    if is_drill_through(query):
        conditions.append(in_activities(reader, more))
    else:
        conditions += [_on_days(a, start, end), *of_events(reader, more, a)]
    # The list has these columns of its people, and indexes that begin with them.
    conditions += of_people(reader, Query(period, query.organizations, query.departments), a)
    if flag:
        conditions.append(a.types.bitwise_and(flag) == flag)
    if query.search:
        conditions.append(matching(reader, query.search, every=every))
    if query.user:
        found = select(key(users.id)).where(contains(users.email, query.user))
        some = select(func.count()).select_from(found.limit(_MANY_USERS + 1).subquery())
        # The activities of few users are gathered. Those of many are soon met in the order of time;
        # that it is an expression keeps the database from gathering them.
        in_time = not gather and (reader.scalar(some) or 0) > _MANY_USERS
        conditions.append((a.user_id.concat("") if in_time else a.user_id).in_(found))
    return and_(*conditions)


def _position(cursor: str) -> Position:
    if not re.fullmatch(CURSOR_PATTERN, cursor):
        raise QueryError("cursor", cursor, "pass the nextCursor of an earlier answer unchanged")
    at, _, id_ = cursor.partition(".")
    return int(at), id_


def _page(
    reader: Reader,
    query: Query,
    *,
    every: bool = False,
    within: tuple[int, int] | None = None,
) -> Select[*tuple[Any, ...]]:
    """The wanted activities, of some days only if asked, newest first, without anything joined."""
    wanted = _wanted(reader, query, every=every, within=within)
    a = reader.activities.c
    newest = (column.desc() for column in _position_of(a))
    return select(a.session_id).where(wanted).order_by(*newest)


def _items(
    reader: Reader, rows: Select[*tuple[Any, ...]], now: datetime.datetime
) -> list[ActivityItem]:
    """The page first, then what belongs to its rows."""
    a, users, twins = reader.activities.c, reader.users.c, reader.twins.c
    sessions, owner = reader.sessions.c, reader.users.alias()
    page = rows.with_only_columns(a.user_id, a.session_id).subquery()
    found = reader.execute(
        select(
            *a,
            sessions.title,
            sessions.platform,
            users.full_name,
            users.email,
            twins.name.label("twin_name"),
            owner.c.email.label("owner_email"),
        )
        .select_from(page)
        .join(
            reader.activities,
            and_(a.user_id == page.c.user_id, a.session_id == page.c.session_id),
        )
        .join(reader.sessions, sessions.id == page.c.session_id)
        .join(reader.users, users.id == page.c.user_id)
        .outerjoin(reader.twins, twins.id == a.twin_id)
        .outerjoin(owner, owner.c.id == twins.user_id)
        .order_by(*(column.desc() for column in _position_of(a)))
    )
    return [activity_item(row, now) for row in found]


def _with_snippets(reader: Reader, query: Query, items: list[ActivityItem]) -> list[ActivityItem]:
    if not query.search:
        return items
    found = snippets(reader, query.search, [item.id for item in items])
    return [
        FoundItem.model_construct(**dict(item), snippet=found.get(item.id, [])) for item in items
    ]
