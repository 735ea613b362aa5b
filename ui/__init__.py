"""What the pages share: their context, cards, charts, tables and the transcript."""
