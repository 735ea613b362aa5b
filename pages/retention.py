"""Whether people come back."""

from ui.cards import retention_cards
from ui.page_results import page_results

page_results("retention", {"retention": retention_cards})
