"""What fills the cells of depth and reach: see `cells`."""

from sqlalchemy import (
    ColumnElement,
    FromClause,
    Table,
    case,
    func,
    literal,
    select,
    true,
    union_all,
)

from analytics.models import table_of
from analytics.query import MOST_ASKED
from analytics.rollups.depth_tables import DRAFTED, RETRIEVED, USED_OTHERS_TWIN
from analytics.rollups.staging import USER_OF_OTHER_DAYS, listed, replaced
from analytics.rollups.tables import OTHERS, OWN, Activity, ActivityHour

_activity, _hour = table_of(Activity), table_of(ActivityHour)


def _theirs(rows: Table, touched: bool) -> ColumnElement[bool]:
    """The rows of everybody, or of the users whose days changed in a refresh."""
    return listed(rows.c.user_id, USER_OF_OTHER_DAYS) if touched else true()


def hours_of_whose_twins() -> FromClause:
    """`ActivityHour`, with the conversations that have one's own twin or another's."""

    def of(whose: int) -> ColumnElement[int]:
        return case((_hour.c.whose == whose, _hour.c.conversations), else_=0)

    own, others = of(OWN).label("own_conversations"), of(OTHERS).label("others_conversations")
    return select(_hour, own, others).subquery()


def first_meetings(touched: bool) -> FromClause:
    """The first day of each user with each twin that conversations name, there or not."""
    a = _activity.c
    named = select(a.user_id, func.min(a.day).label("day")).where(
        a.twin_id != "", _theirs(_activity, touched)
    )
    return named.group_by(a.user_id, a.twin_id).subquery()


def depths(*, touched: bool) -> FromClause:
    """Conversations of a day by how many messages of the person they have."""
    a = _activity.c
    rows = select(
        a.user_id,
        a.day,
        case((a.asked < MOST_ASKED, a.asked), else_=MOST_ASKED).label("asked"),
        literal(1).label("conversations"),
        a.answered,
        a.asked.label("messages"),
    )
    return rows.where(replaced(_activity) if touched else true()).subquery()


def feature_pairs(*, touched: bool) -> FromClause:
    """Days on which a feature was used, and those of the last time before."""
    h = _hour.c
    features = {
        USED_OTHERS_TWIN: (h.whose == OTHERS) & (h.conversations + h.user_messages > 0),
        DRAFTED: h.documents > 0,
        RETRIEVED: h.queries > 0,
    }
    used = union_all(
        *(
            select(h.user_id, literal(feature).label("feature"), h.day).where(
                was_used, _theirs(_hour, touched)
            )
            for feature, was_used in features.items()
        )
    ).subquery()
    u = used.c
    before = func.lag(u.day).over(partition_by=(u.user_id, u.feature), order_by=u.day)
    earlier = func.coalesce(before, 0).label("earlier")
    later, users = u.day.label("later"), literal(1).label("users")
    pairs = select(u.user_id, u.feature, later, earlier, users).subquery()
    # Hours of one day are no pair.
    return select(pairs).where(pairs.c.earlier < pairs.c.later).subquery()
