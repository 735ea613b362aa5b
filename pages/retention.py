"""Whether people come back."""

from ui.cards import retention_cards
from ui.charts import chart

retention_cards()
chart("cohorts")
