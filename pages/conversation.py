"""One conversation with every message."""

from ui.transcript import conversation

conversation()
