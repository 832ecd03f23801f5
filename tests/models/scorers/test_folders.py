"""A data scientist's file: its model is found, and a mistake is told with file and line."""

from __future__ import annotations

import pickle
from pathlib import Path

import pytest
from support.events import CATALOGUES

from models.errors import ModelError
from models.scorers import Batch, Declared, Model
from models.scorers.folders import load_model, load_models
from models.scorers.stack import StackScorer

OWN = '''
"""A model of one's own."""

from models.scorers import Logistic, Model


class Mine(Logistic):
    """Defined in the file itself."""


MODEL = Model(name="login.{name}", make=lambda inputs: Mine(inputs, 2), inputs={inputs})
'''


def write(folder: Path, name: str, text: str) -> Path:
    path = folder / f"{name}.py"
    path.write_text(text)
    return path


def test_the_model_of_a_file_belongs_to_its_kind_and_can_be_pickled(tmp_path: Path) -> None:
    inputs = ("account.failures_1h", "ip.accounts_1h")
    write(tmp_path, "folders_one", OWN.format(name="one", inputs=inputs))
    write(tmp_path, "_helper", "raise RuntimeError('is not read')")
    (model,) = load_models([tmp_path])
    declared = Declared(CATALOGUES, 2, [model])
    assert set(declared.models["login"]) == {"login.logistic", "login.halfspace", "login.one"}
    assert "login.one" not in declared.models["mail"]
    scorer = declared.fresh("login", "login.one")
    assert scorer.inputs == inputs
    batch = Batch.of(inputs, [(1.0, 2.0), (3.0, 4.0)])
    scorer.learn(batch, [True, False])
    again = pickle.loads(pickle.dumps(scorer))
    assert list(again.score_many(batch)) == list(scorer.score_many(batch))
    # Read twice it is the same module: what was pickled is known by it.
    assert load_models([tmp_path])[0] is model


@pytest.mark.parametrize(
    ("name", "text", "says"),
    [
        ("wrong0", "MODEL = 7\n", "declares no MODEL"),
        ("wrong1", "x = 1\ny = 1 / 0\n", "wrong1.py:2: ZeroDivisionError"),
        ("wrong2", "x = (\n", "wrong2.py:1: SyntaxError"),
        (
            "wrong3",
            "from models.scorers import Model\nMODEL = Model(name='mine', make=None)\n",
            "name it '<kind>.<name>'",
        ),
        (
            "wrong4",
            "from models.scorers import Model\nMODEL = Model(name='login.x', make=None, share=0)\n",
            "write a number above 0",
        ),
    ],
)
def test_a_wrong_file_is_refused_with_its_place(tmp_path: Path, name: str, text: str, says: str) -> None:
    with pytest.raises(ModelError, match=name) as caught:
        load_model(write(tmp_path, name, text))
    assert says in str(caught.value)


def test_what_cannot_be_declared_is_refused(tmp_path: Path) -> None:
    def declared(name: str, text: str) -> Declared:
        return Declared(CATALOGUES, 2, [load_model(write(tmp_path, name, text))])

    with pytest.raises(ModelError, match=r"there are two models 'login\.logistic'"):
        declared("folders_two", OWN.format(name="logistic", inputs=None))
    with pytest.raises(ModelError, match=r"reads 'account\.sighs', which is no feature of login"):
        declared("folders_three", OWN.format(name="three", inputs=("account.sighs",)))
    with pytest.raises(ModelError, match="there is no kind 'transfer'"):
        declared("folders_four", OWN.replace("login.", "transfer.").format(name="four", inputs=None))
    with pytest.raises(ModelError, match="is not a folder of models"):
        load_models([tmp_path / "nowhere"])


def test_two_files_of_one_name_in_two_folders_are_refused(tmp_path: Path) -> None:
    (tmp_path / "a").mkdir()
    (tmp_path / "b").mkdir()
    for folder in "ab":
        write(tmp_path / folder, "folders_same", OWN.format(name=f"same_{folder}", inputs=None))
    with pytest.raises(ModelError, match="another file of models has this name"):
        load_models([tmp_path / "a", tmp_path / "b"])


FAULTY = """
import sys

from models.scorers import Model
from models.scorers.stack import StackScorer


class Strange(StackScorer):
    inputs = ("account.sighs",)


class Mute(StackScorer):
    @property
    def stacks(self):
        raise OSError("a disk")

    @stacks.setter
    def stacks(self, names):
        pass


MODEL = Model("login.{name}", lambda inputs: {made}, inputs=())
"""


@pytest.mark.parametrize(
    ("made", "says"),
    [
        ("StackScorer(('login.logistic', 'login.sighs'), 2)", "stacks 'login.sighs', which is no model of login"),
        ("StackScorer(('login.{name}',), 2)", "which is made of its scores"),
        ("StackScorer(('login.{name}-2',), 2)", "which is made of its scores"),
        ("Strange((), 2)", "its scorer reads 'account.sighs'"),
        ("Mute(('login.logistic',), 2)", "making it raises OSError: a disk"),
        ("1 / 0", "making it raises ZeroDivisionError"),
        ("sys.exit(3)", "making it raises SystemExit"),
    ],
)
def test_a_model_that_cannot_be_made_or_stacks_what_it_must_not_is_refused_at_the_start(
    tmp_path: Path, made: str, says: str
) -> None:
    name = f"faulty{abs(hash(made)) % 10**9}"
    text = FAULTY.replace("{made}", made).replace("{name}", name)
    known = Declared(CATALOGUES, 2, [load_model(write(tmp_path, name, text))])
    with pytest.raises(ModelError, match=f"model login.{name}") as caught:
        known.fresh("login", f"login.{name}")
    assert says in str(caught.value)


def test_models_that_stack_each_other_are_refused_and_stacks_of_stacks_are_not() -> None:
    def stack(name: str, *below: str) -> Model:
        return Model(name, lambda _: StackScorer(below, 2), inputs=())

    known = Declared(CATALOGUES, 2, [stack("login.a", "login.b"), stack("login.b", "login.a")])
    with pytest.raises(ModelError, match="which is made of its scores"):
        known.fresh("login", "login.a")
    known = Declared(CATALOGUES, 2, [stack("mail.top", "mail.stack", "mail.text", "mail.halfspace-2")])
    assert known.fresh("mail", "mail.top").stacks == ("mail.stack", "mail.text", "mail.halfspace-2")


def test_a_file_that_ends_the_process_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ModelError, match=r"folders_exits.py:2: SystemExit"):
        load_model(write(tmp_path, "folders_exits", "import sys\nsys.exit(3)\n"))
