"""How far new accounts get within 28 days: what cells and facts both count."""

from sqlalchemy import FromClause, case, func, literal, select, union_all

WITHIN = 28  # days from the creation on, the first of them day 0
AGAIN = 7  # days after the first use or more
CREATED, USED, DRAFTED, CAME_AGAIN = range(4)  # the steps


def steps(accounts: FromClause, days: FromClause, drafted: FromClause) -> FromClause:
    """Each step that accounts reach, and on which day: `user_id`, `created`, `step`, `lag`.

    `accounts` have `user_id` and `created`, `days` and `drafted` the days on which a user was
    active and drafted a document. What was done before the creation counts as done on day 0.
    """
    a = accounts.c

    def until_last(rows: FromClause) -> FromClause:
        last = rows.c.day < a.created + WITHIN
        return accounts.join(rows, (rows.c.user_id == a.user_id) & last)

    used = (
        select(
            a.user_id,
            a.created,
            days.c.day,
            func.min(days.c.day).over(partition_by=a.user_id).label("first"),
        )
        .select_from(until_last(days))
        .subquery()
    )
    u = used.c
    day = func.min(drafted.c.day)
    reached = union_all(
        select(a.user_id, a.created, literal(CREATED).label("step"), a.created.label("day")),
        select(u.user_id, u.created, literal(USED), u.day).where(u.day == u.first),
        select(a.user_id, a.created, literal(DRAFTED), day)
        .select_from(until_last(drafted))
        .group_by(a.user_id, a.created),
        select(u.user_id, u.created, literal(CAME_AGAIN), func.min(u.day))
        .where(u.day >= u.first + AGAIN)
        .group_by(u.user_id, u.created),
    ).subquery()
    r = reached.c
    lag = case((r.day > r.created, r.day - r.created), else_=0)
    return select(r.user_id, r.step, r.created, lag.label("lag")).subquery()
