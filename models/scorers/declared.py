"""Which models each kind has: those that ship, and those that a data scientist declared for it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from features.catalogue import Catalogue
from features.kind import Kind
from models.errors import ModelError
from models.scorers.base import Scorer
from models.scorers.halfspace import HalfSpace
from models.scorers.logistic import Logistic
from models.scorers.model import Model
from models.scorers.stack import StackScorer
from models.scorers.text import TextScorer
from models.text_of import has_text

LOGISTIC, HALFSPACE, TEXT, STACK = "logistic", "halfspace", "text", "stack"


class Declared:
    """The declared models of all kinds, by kind and name; raises ModelError for what cannot be.

    ``min_labels``: labels of each class that a shipped model learns before its score counts.
    """

    def __init__(self, catalogues: Mapping[str, Catalogue], min_labels: int, own: Iterable[Model] = ()) -> None:
        self._catalogues = catalogues
        self._min_labels = min_labels
        self.models = {
            kind: {one.name: one for one in _shipped(catalogue.kind, min_labels)}
            for kind, catalogue in catalogues.items()
        }
        for model in own:
            if model.kind not in catalogues:
                raise ModelError(f"model {model.name}: there is no kind {model.kind!r}, by which its name begins")
            if model.name in self.models[model.kind]:
                raise ModelError(f"there are two models {model.name!r}: rename yours")
            for name in model.inputs or ():
                if name not in catalogues[model.kind].names:
                    raise ModelError(
                        f"model {model.name} reads {name!r}, which is no feature of {model.kind}: see "
                        f"'weir features list --kind {model.kind}'"
                    )
            self.models[model.kind][model.name] = model

    def champion(self, kind: str) -> str:
        """The model whose score counts where nobody promoted another."""
        return f"{kind}.{STACK if has_text(self._catalogues[kind].kind) else LOGISTIC}"

    def fresh(self, kind: str, name: str) -> Scorer:
        """The model of that name before it has learned anything; raises ModelError."""
        model = self.models.get(kind, {}).get(name)
        if model is None:
            raise ModelError(f"no model {name!r} is declared here for kind {kind!r}: see the setting models_folders")
        try:
            made = self._made(model)
            strange = [one for one in made.inputs if one not in self._catalogues[kind].names]
            if strange:
                raise ModelError(f"its scorer reads {strange[0]!r}: use the names that 'make' gets")
            self._check_stacked(model, made, ())
        except ModelError as error:
            raise ModelError(f"model {name}: {error}") from error
        except (Exception, SystemExit) as error:
            raise ModelError(f"model {name}: making it raises {type(error).__name__}: {error}") from error
        return made

    def _made(self, model: Model) -> Scorer:
        inputs = self._catalogues[model.kind].names if model.inputs is None else model.inputs
        made = model.make(inputs)
        if isinstance(made, Scorer):
            return made
        # What wraps River's estimators takes a second to load, and nothing that ships needs it.
        from models.scorers.river import as_scorer

        return as_scorer(made, inputs, self._min_labels)

    def _check_stacked(self, model: Model, made: Scorer, above: tuple[str, ...]) -> None:
        """``above``: the models that stack this one, from the top down."""
        for name in made.stacks:
            # What was started anew has its declaration's name and a number.
            below = self.models[model.kind].get(name.partition("-")[0])
            if below is None:
                raise ModelError(f"{model.name} stacks {name!r}, which is no model of {model.kind}: name one that is")
            if below.name in (*above, model.name):
                raise ModelError(f"{model.name} stacks {name!r}, which is made of its scores: leave one out")
            self._check_stacked(below, self._made(below), (*above, model.name))


def _shipped(kind: Kind, min_labels: int) -> list[Model]:
    """Where events have private text, it is scored too, and the champion stacks both scores."""
    logistic, text = f"{kind.name}.{LOGISTIC}", f"{kind.name}.{TEXT}"
    models = [
        Model(logistic, lambda inputs: Logistic(inputs, min_labels)),
        Model(f"{kind.name}.{HALFSPACE}", HalfSpace),
    ]
    if has_text(kind):
        models += [
            Model(text, lambda _: TextScorer(min_labels), inputs=()),
            Model(f"{kind.name}.{STACK}", lambda _: StackScorer((logistic, text), min_labels), inputs=()),
        ]
    return models
