"""What is said and logged of an error that nobody expected."""

import logging
import traceback

logger = logging.getLogger(__name__)
FAULT_REMEDY = (
    "Reload the page. If it stays, the server's log says where it happened; please report it."
)


def log_fault(error: Exception) -> None:
    """Log the error's type and where it happened: its own words may quote conversations."""
    where = "".join(traceback.format_tb(error.__traceback__))
    logger.error("%s\n%s", type(error).__name__, where)
