"""Full-text search over titles and messages: what is asked, what it finds, the index and its upkeep.

A document is a conversation: its title and messages, folded to words without case and accents by
`fold`, so that both databases match the same words. On SQLite the index is FTS5 in a file of its
own, `NAME.search.db` beside the rollups; on PostgreSQL `tsvector` in the schema `search`. Either
can be deleted at any time: it is built again in the background, newest conversations first.

Beyond PostgreSQL's limits (16,383 words of a conversation, 255 times the same word in it) phrases
are not found there, nor are words after the first 900,000 bytes of different ones.
"""

import logging
import os
import re
import sqlite3
import threading
import time
import unicodedata
from collections.abc import Iterable, Iterator, Sequence
from contextlib import AbstractContextManager, closing, contextmanager, suppress
from dataclasses import dataclass, replace
from itertools import batched
from pathlib import Path
from typing import Any

from sqlalchemy import (
    BigInteger,
    Column,
    ColumnElement,
    Connection,
    Integer,
    MetaData,
    String,
    Table,
    and_,
    cast,
    event,
    exists,
    func,
    inspect,
    literal,
    select,
    text,
    tuple_,
)
from sqlalchemy.dialects.postgresql import TSQUERY, TSVECTOR
from sqlalchemy.dialects.postgresql import insert as postgresql_insert
from sqlmodel import Session

from analytics.database import (
    BUSY_SECONDS,
    DatabaseProblem,
    PostgresStore,
    SqliteStore,
    Store,
)
from analytics.models import Conversation, Message, table_of
from analytics.query import QueryError
from analytics.results import Row
from analytics.rollups.instants import from_instant
from analytics.rollups.tables import ALL, Activity, Build, Changed, Listing
