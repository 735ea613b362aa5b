"""Cells by the names of what people talk about and of what is drafted."""

from sqlmodel import Field

from analytics.rollups.tables import Cell


class TopicDay(Cell, table=True):
    """Conversations of a day by topic."""

    __tablename__ = "topic_day"

    day: int = Field(primary_key=True)
    topic: str = Field(primary_key=True)
    conversations: int


class DocumentTypeDay(Cell, table=True):
    """Documents of a day by type."""

    __tablename__ = "document_type_day"

    day: int = Field(primary_key=True)
    document_type: str = Field(primary_key=True)
    documents: int
