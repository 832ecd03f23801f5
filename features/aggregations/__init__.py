"""The vocabulary in which a kind's file declares its features: one idea a file."""

from features.aggregations.count import Count, Sum
from features.aggregations.derived import Derived
from features.aggregations.distinct import Distinct, Novelty
from features.aggregations.elsewhere import Elsewhere
from features.aggregations.lifetime import Age, Elapsed
from features.aggregations.login_risk import LoginRisk, Part
from features.aggregations.place import Distance, Speed
from features.aggregations.ratio import Burst, Decayed, Share

__all__ = [
    "Age",
    "Burst",
    "Count",
    "Decayed",
    "Derived",
    "Distance",
    "Distinct",
    "Elapsed",
    "Elsewhere",
    "LoginRisk",
    "Novelty",
    "Part",
    "Share",
    "Speed",
    "Sum",
]
