"""The stored offset of the clock and the query expression for the present moment.

Whoever wants the time as a value uses ``clock.queries.now``.
"""

from django.db import models


class Offset(models.Model):
    """One row at most: how many seconds Endstate's clock runs ahead of the database's.

    Only tests and the drill player set it; without a row the offset is zero.
    """

    id = models.PositiveSmallIntegerField(primary_key=True, default=1)
    seconds = models.FloatField(default=0)

    class Meta:
        constraints = [
            models.CheckConstraint(condition=models.Q(id=1), name="clock_offset_single_row"),
        ]

    def __str__(self) -> str:
        return f"{self.seconds:+} s"


class Now(models.Func):
    """``endstate_now()`` as an expression, for filters, defaults and ordering in SQL."""

    function = "endstate_now"
    arity = 0
    output_field = models.DateTimeField()
