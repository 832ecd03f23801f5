"""Drift: whether a kind's traffic, its models' errors and scores, and its verdicts are still what they were.

``Watch`` takes in decisions and labels, and tells ``Alarm``s in words. Pure: event time only, no clock.
"""

from models.drift.alarm import Alarm, Moved
from models.drift.watch import Watch

__all__ = ["Alarm", "Moved", "Watch"]
