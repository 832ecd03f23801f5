"""The vocabulary in which a kind's file declares its features: one idea a file."""

from features.aggregations.count import Count, Sum
from features.aggregations.derived import Derived
from features.aggregations.distinct import Distinct, Novelty
from features.aggregations.lifetime import Age, Elapsed

__all__ = ["Age", "Count", "Derived", "Distinct", "Elapsed", "Novelty", "Sum"]
