"""Full-text search over titles and messages.

A document is a conversation: its title and messages, folded to words without case, accents and
strokes, so that both databases match the same words. The index of either can be deleted at any
time: it is built again in the background, newest conversations first.
"""
