"""Exact rounding: every rate, change and average from whole numbers, rounded once."""

Share = tuple[int, int]  # a part and its whole


def rounded(numerator: int, denominator: int) -> float:
    """numerator / denominator to one decimal, half away from zero, from exact integers."""
    tenths = (abs(numerator) * 20 + abs(denominator)) // (abs(denominator) * 2)
    return (tenths if (numerator < 0) == (denominator < 0) else -tenths) / 10


def average(total: int, count: int) -> float | None:
    """total / count to one decimal; None when there is nothing to divide by."""
    return rounded(total, count) if count else None


def percentage(part: int, whole: int) -> float | None:
    """part of whole in percent, to one decimal; None when there is no whole."""
    return average(part * 100, whole)


def change(current: int, previous: int) -> float | None:
    """Change from previous to current in percent; 0.0 from 0 to 0, None ("new") from 0 to n."""
    if previous == 0:
        return 0.0 if current == 0 else None
    return rounded((current - previous) * 100, previous)


def share_change(current: Share, previous: Share) -> float | None:
    """Change between two quotients in percent, as `change` has it."""
    (part, whole), (old_part, old_whole) = current, previous
    return change(part * old_whole, old_part * whole)


def difference(current: Share, previous: Share, scale: int = 1) -> float | None:
    """The difference of two quotients times `scale`, to one decimal; None where a whole is 0."""
    (part, whole), (old_part, old_whole) = current, previous
    if not whole or not old_whole:
        return None
    return rounded((part * old_whole - old_part * whole) * scale, whole * old_whole)
