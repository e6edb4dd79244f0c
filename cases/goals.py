"""How far a number is on its way to a goal, as bars show it."""


def percent_of_goal(number: int, goal: int | None) -> int | None:
    """From 0 to 100, also past the goal; None if there is none."""
    return min(100, 100 * number // goal) if goal else None
