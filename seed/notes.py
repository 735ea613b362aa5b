"""The notes of a showcase: what happened that its numbers show."""

from datetime import timedelta
from pathlib import Path

import numpy as np
from sqlalchemy.engine import URL

from analytics.app.notes import Note, all_notes, restore_note
from analytics.app.store import AppStore
from analytics.settings import Settings
from analytics.storage.faults import DatabaseProblem
from seed.company import DEPARTMENTS, TRAINED, Company, start_shares
from seed.options import Options
from seed.showcase import Habit, rollout_day, talk_day, training_day


def build_notes(options: Options, company: Company) -> tuple[Note, ...]:
    """The rollout to the last organization, the late team's training and a talk for everybody.

    By time, without those that a short period leaves no room for.
    """
    last = options.organizations - 1
    [start] = start_shares(options, np.array([last])).tolist()
    rollout, training, talk = rollout_day(options, start), training_day(options), talk_day(options)
    names, trained = company.users["company"], DEPARTMENTS[TRAINED]
    title = "Lunch talk: what a twin can take off your desk"
    found = [Note(title, talk, talk, id="sample-talk")]
    if start > 0:
        title, friday = f"Rollout at {names[last]}", rollout + timedelta(4)
        found.append(Note(title, rollout, friday, (names[last],), id="sample-rollout"))
    if company.habits and Habit.LATE in company.habits.habit:
        title, day_two = f"Training: {trained}", training + timedelta(1)
        people = (names[0],), (trained,)
        found.append(Note(title, training, day_two, *people, id="sample-training"))
    inside = (n for n in found if options.start_date < n.first and n.last <= options.end_date)
    return tuple(sorted(inside, key=lambda note: note.first))


def keep_notes(path: Path, notes: tuple[Note, ...]) -> int:
    """Write the notes beside the new database at `path`; returns how many.

    None where somebody keeps notes already, or none can be kept: the sample is good without.
    """
    url = URL.create("sqlite", database=str(path)).render_as_string()
    app = AppStore(Settings.model_construct(database_url=url))
    try:
        if all_notes(app):
            return 0
        for note in notes:
            restore_note(app, note)
    except DatabaseProblem:
        return 0
    return len(notes)
