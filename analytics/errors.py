"""What a question can be refused for."""


class QueryError(ValueError):
    """A question that can't be asked: names the parameter, the value and the remedy."""

    def __init__(self, parameter: str, value: object, remedy: str) -> None:
        self.parameter, self.value, self.remedy = parameter, value, remedy
        super().__init__(f"{parameter} = {value}: {remedy}")
