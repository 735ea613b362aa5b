"""What the triggers on the six raw tables write into the change log (see `change_log`).

A change of a user logs the user, of a twin its user and the twin, of a session its user and the
session, of a message, document or query its session; what moves logs both sides.
"""

LOG_NAME = "rollup_marks"

USER, SESSION, TWIN = "user", "session", "twin"  # kinds of entries: whom they are about
REBUILD = "rebuild"  # about everything: only a build can follow

# What a row of each raw table logs: kind, and the column with the key.
LOGGED: dict[str, tuple[tuple[str, str], ...]] = {
    "users": ((USER, "id"),),
    "twins": ((USER, "user_id"), (TWIN, "id")),
    "sessions": ((USER, "user_id"), (SESSION, "id")),
    "messages": ((SESSION, "session_id"),),
    "documents": ((SESSION, "session_id"),),
    "queries": ((SESSION, "session_id"),),
}
# Columns in no number and in no list, which a migration fills in every row.
UNLOGGED = {"messages": {"message_type"}}
