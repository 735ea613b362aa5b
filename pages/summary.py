"""What there is to say in a minute: the last weeks in sentences."""

from ui.sentences import sentence_list

sentence_list()
