"""Whether people come back."""

from analytics.metrics.pages import PAGES
from ui.cards import retention_cards
from ui.charts import chart

retention_cards()
for slug in PAGES["retention"].charts:
    chart(slug)
