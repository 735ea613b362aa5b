"""What the pages share: the frame around them, cards, charts, tables and the transcript."""
