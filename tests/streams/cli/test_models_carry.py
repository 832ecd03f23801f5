"""What ``weir models export`` wants to know before it asks anybody anything."""

from __future__ import annotations

import pytest
from click.testing import CliRunner

from streams.cli.models import models


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["login.mine"], "say where to: OUT, an archive, or --mlflow URI"),
        (["login.mine", "--mlflow", "sqlite:///x.db", "--state"], "--state is for an archive: name OUT"),
    ],
)
def test_an_export_that_goes_nowhere_is_refused(words: list[str], said: str) -> None:
    done = CliRunner().invoke(models, ["export", *words])
    assert done.exit_code == 2
    assert said in done.output
