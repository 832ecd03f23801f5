"""An adaptive random forest: for kinds whose abuse no weighted sum of features tells from the rest."""

from __future__ import annotations

from river import forest

from models.scorers.river import RiverScorer


class Forest(RiverScorer):
    """River's ``ARFClassifier`` of 10 trees (Gomes et al., Machine Learning 106, 2017). High scores mean abuse.

    Its trees are at most 6 deep, or they would grow as long as it learns. It costs hundreds of times what
    ``Logistic`` does: a challenger for a share of the events, which has to earn more.
    """

    def __init__(self, inputs: tuple[str, ...], min_labels: int) -> None:
        trees = forest.ARFClassifier(n_models=10, max_depth=6, leaf_prediction="mc", seed=1)
        super().__init__(trees, inputs, min_labels)
