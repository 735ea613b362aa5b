"""Notes: the list with before and after, and the form that adds and edits them."""

from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import date, timedelta

import streamlit as st

from analytics.app.names import MAX_NAME
from analytics.app.notes import Note, add_note, change_note, checked, delete_note, restore_note
from analytics.app.store import AppStore, app_store
from analytics.errors import QueryError
from analytics.format import count, days
from analytics.metrics.notes import NoteRow, figures
from analytics.metrics.registry import BY_SLUG
from analytics.period import Period
from analytics.query import NAMELESS, filter_label, filter_values
from analytics.storage.faults import DatabaseProblem
from ui.asked import option, page_number
from ui.charts import heading
from ui.inert import inert
from ui.links import offers
from ui.page_context import page_context
from ui.period_bar import CUSTOM
from ui.results import rows

RESULT = BY_SLUG["notes"]
PAGE_SIZE = 20
_SHARED = "Everybody who reaches this dashboard sees notes and can change them."
_WEEK = 7
_LABELS = {
    "title": "Title",
    "first_day": "From",
    "last_day": "To",
    "organizations": "Organizations",
    "departments": "Departments",
}
_NEW = "new"  # in place of the id of a note that is made


def note_list() -> None:
    """Every note that may be seen, the latest first: of the period's, before and after."""
    held = page_context().notes
    if held.problem:
        _say(held.problem)
        return
    st.caption(f"Rollouts, trainings and the like: they stand on the charts of days. {_SHARED}")
    if error := st.session_state.pop("_note_error", None):
        _say(error)
    _said_or_undo()
    editing = st.session_state.get("_note_form")
    # It stays while its form is open: the keyboard goes on from where it is.
    st.button("Add a note", icon=":material/add:", type="primary", on_click=_open, args=(_NEW,))
    if editing == _NEW:
        last = page_context().query.period.end
        _form(Note("", last, last))
    if not held.found:
        st.info(
            "No note is kept yet. **Add a note** for a rollout or a training: it then stands on"
            " every chart of days, and the weeks before and after it are compared here.",
            icon=":material/event_note:",
        )
        return
    heading(RESULT)
    weeks = [str(n + 1) for n in range(RESULT.choice.highest)] if RESULT.choice else []
    option("weeks", dict(zip(weeks, weeks, strict=True)))
    st.selectbox(
        "Weeks before and after",
        weeks,
        index=weeks.index(str(RESULT.choice.default)) if RESULT.choice else 0,
        key="weeks",
        bind="query-params",
        width=220,
    )
    compared = {row.id: row for row in rows("notes")}
    pages = max(1, -(-len(held.found) // PAGE_SIZE))
    page_number(pages, "notes_page")
    shown = 1
    if pages > 1:
        shown = min(pages, st.pagination(pages, key="notes_page", bind="query-params"))
    for note in held.found[(shown - 1) * PAGE_SIZE : shown * PAGE_SIZE]:
        _one(note, compared.get(note.id), is_edited=editing == note.id)


def _one(note: Note, row: NoteRow | None, *, is_edited: bool) -> None:
    with st.container(border=True):
        with st.container(
            horizontal=True, horizontal_alignment="distribute", vertical_alignment="center"
        ):
            st.markdown(f"**{inert(note.title)}**", width="content")
            with st.container(horizontal=True, width="content", gap="small"):
                for name, do in (("edit", _open), ("delete", _delete)):
                    st.button(
                        name.capitalize(),
                        help=f"{name.capitalize()} {inert(note.title)}",
                        icon=f":material/{name}:",
                        type="tertiary",
                        key=f"{name}-{note.id}",
                        on_click=do,
                        args=(note.id,),
                    )
        if is_edited:
            _form(note)
        with st.container(gap="xsmall"):
            _told(note, row)


def _told(note: Note, row: NoteRow | None) -> None:
    of = [", ".join(_written(note.organizations, "organization"))]
    of.append(", ".join(_written(note.departments, "department")))
    who = [inert(names) for names in of if names] or ["Everybody"]
    st.caption(" · ".join((days(Period(note.first, note.last, note.last)), *who)))
    if row is None:
        _outside(note)
    elif row.remark:
        st.caption(f"{inert(row.remark[0].upper() + row.remark[1:])}.")
    else:
        _compared(row)
    if row and row.overlaps:
        st.caption(f"Overlaps with {inert(row.overlaps)}: their weeks share days with its own.")


def _compared(row: NoteRow) -> None:
    """The figures of a note, as a table that needs no more room than a phone has."""
    today = page_context().query.period.today
    windows = [
        days(Period(start, end, today))
        for start, end in ((row.before_start, row.before_end), (row.after_start, row.after_end))
        if start and end
    ]
    heads = ["Before → after", "Those concerned", "Everybody else"]
    if row.other_accounts_after is None:
        heads = ["Before → after", "Everybody"]
    lines = [[label, " → ".join(own), " → ".join(others)] for label, own, others in figures(row)]
    table = [heads, [":--", "--:", "--:"], *lines]
    cells = ("|".join(line[: len(heads)]) for line in table)
    st.markdown("\n".join(f"|{line}|" for line in cells), width="content")
    before, after = windows
    st.caption(f"{count(row.weeks, 'week')} before: {before}; after: {after}.")
    if RESULT.leads_to:
        offers(replace(RESULT.leads_to(row, page_context().query), name="Active after"), small=True)


def _outside(note: Note) -> None:
    """A note that the page's question isn't about: how to compare it."""
    period = page_context().query.period
    if note.first <= period.end and note.last >= period.start:
        st.caption("It names nobody of these filters: remove one to compare.")
        return
    with st.container(horizontal=True, vertical_alignment="center"):
        st.caption("Outside this period.", width="content")
        st.button(
            "Show its weeks",
            help=f"Make the weeks around {inert(note.title)} the period of every page",
            icon=":material/date_range:",
            type="tertiary",
            key=f"show-{note.id}",
            on_click=_show,
            args=(note,),
        )


def _show(note: Note) -> None:
    around = timedelta(int(st.session_state["weeks"]) * _WEEK)
    start = max(date.min + around, note.first) - around
    end = min(date.max - around, note.last) + around
    st.session_state["preset"], st.session_state["dates"] = CUSTOM, (start, end)


def _written(names: Iterable[str | None], key: str) -> list[str]:
    return [filter_label(name, NAMELESS[key]) for name in names]


# --- the form ---------------------------------------------------------------------------------


def _open(which: str) -> None:
    st.session_state["_note_form"] = which
    st.session_state.pop("_note_said", None)
    st.session_state["_note_forms"] = st.session_state.get("_note_forms", 0) + 1


def _close() -> None:
    st.session_state.pop("_note_form", None)


def _form(note: Note) -> None:
    """The fields of a note; what can't be kept is said beside them, and they stay as they are."""
    made, n = page_context(), st.session_state["_note_forms"]  # another form has other widgets
    with st.form(f"note-{n}"):
        st.markdown("**Edit the note**" if note.id else "**Add a note**")
        title = st.text_input(
            "Title", value=note.title, max_chars=MAX_NAME, key=f"note-title-{n}",
            placeholder="Rollout to sales",
        )  # fmt: skip
        with st.container(horizontal=True):
            first = _day("From", note.first, f"note-first-{n}", "Its first day.")
            last = _day(
                "To", note.last if note.id else None, f"note-last-{n}",
                "Its last day, included. Leave it empty for one day.",
            )  # fmt: skip
        organizations = _names(
            "organization", made.names.organizations, note.organizations, f"note-organizations-{n}"
        )
        departments = _names(
            "department", made.names.departments, note.departments, f"note-departments-{n}"
        )
        with st.container(horizontal=True):
            saves = st.form_submit_button("Save", type="primary")
            st.form_submit_button("Cancel", on_click=_close)
        if not saves:
            return
        if first is None:
            st.error("From: choose the day on which it began.", icon=":material/error:")
            return
        asked = Note(title, first, last or first, organizations, departments, note.id)
        try:
            kept = _kept(asked)
        except (QueryError, DatabaseProblem) as error:
            _say(error)
            return
    _close()
    st.session_state["_note_said"] = kept
    st.rerun()


def _kept(note: Note) -> Note:
    if not note.id:
        return add_note(_app(), note)
    if not change_note(_app(), note):
        raise QueryError("title", note.title, "somebody deleted this note; add it again")
    return checked(note)


def _day(label: str, value: date | None, key: str, tip: str) -> date | None:
    limits = date(1970, 1, 1), date(2199, 12, 31)
    known = [*limits, *([value] if value else [])]
    return st.date_input(
        label, value=value, min_value=min(known), max_value=max(known), format="YYYY-MM-DD",
        key=key, help=tip,
    )  # fmt: skip


def _names(
    key: str, known: Sequence[str | None], named: Sequence[str | None], widget: str
) -> tuple[str | None, ...]:
    label, given = f"{key.capitalize()}s", _written(named, key)
    options = [*dict.fromkeys([*_written(known, key), *given])]
    chosen = st.multiselect(
        label, options, default=given, key=widget, placeholder=f"All {label.lower()}"
    )
    return filter_values(chosen, NAMELESS[key])


# --- deleting ---------------------------------------------------------------------------------


def _delete(note_id: str) -> None:
    st.session_state.pop("_note_said", None)
    try:
        st.session_state["_deleted_note"] = delete_note(_app(), note_id)
    except DatabaseProblem as error:
        st.session_state["_note_error"] = error


def _undo() -> None:
    try:
        restore_note(_app(), st.session_state["_deleted_note"])
    except DatabaseProblem as error:
        st.session_state["_note_error"] = error
    else:
        del st.session_state["_deleted_note"]


def _said_or_undo() -> None:
    if said := st.session_state.get("_note_said"):
        st.success(f"Saved “{inert(said.title)}”.", icon=":material/check:")
    deleted = st.session_state.get("_deleted_note")
    if deleted is None:
        return
    with st.container(horizontal=True, vertical_alignment="center"):
        st.markdown(f"Deleted “{inert(deleted.title)}”.", width="content")
        st.button("Undo", icon=":material/undo:", on_click=_undo)


def _app() -> AppStore:
    return app_store(page_context().store.settings)


def _say(error: QueryError | DatabaseProblem) -> None:
    if isinstance(error, QueryError):
        label = _LABELS.get(error.parameter, error.parameter)
        words = inert(f"{label}: {error.remedy}.")
    else:
        words = f"**{inert(error.what)}.** {inert(error.where)}. {inert(error.remedy)}"
    st.error(words, icon=":material/error:")
