"""How good Weir's models are, measured beside bogofilter and River: every figure by test-then-train in time order.

``make bench-models``, or with other mails ``make bench-models ARGS="--mail PATH --from 2007-04-01"``; see
docs/models-benchmark.md. Tables, drawings and all figures are written to build/bench-models.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path

from quality import river_sets
from quality.bogofilter import find_bogofilter
from quality.conditions import CONDITIONS
from quality.contest import contest
from quality.mails import Corpus, corpus_at, default_corpus
from quality.measured import measured
from quality.report import as_json, drawings, machine, mail_tables, river_table

from features.errors import WeirError
from infra.local.errors import ServicesError

OUT = Path(__file__).parents[1] / "build" / "bench-models"
# Of a quick run, which tries the whole way and tells little.
QUICK_MAILS = 400
QUICK_CONDITIONS = ("at once", "10% wrong", "1% poison, flooding")


def main(arguments: Sequence[str] | None = None) -> int:
    """0; 1 where a figure that River publishes is not reproduced; 2 where the mails or bogofilter cannot be had."""
    parser = argparse.ArgumentParser(prog="make bench-models", description=__doc__.partition("\n")[0])
    parser.add_argument("--mail", type=Path, action="append", default=[], help="a labelled corpus; may be repeated")
    parser.add_argument("--from", dest="since", help="leave out the earlier mails of --mail, like 2002-07-15")
    parser.add_argument("--first", type=int, help="only so many mails of each corpus")
    parser.add_argument("--quick", action="store_true", help="only the first mails, few conditions, Phishing only")
    parser.add_argument("--out", type=Path, default=OUT, help="the folder to write to")
    options = parser.parse_args(arguments)
    try:
        return _run(options)
    except (WeirError, ServicesError) as error:
        print(f"bench-models: {error}", file=sys.stderr)
        return 2


def _run(options: argparse.Namespace) -> int:
    bogofilter, read = find_bogofilter(), corpora(options)
    results, missing = river_results(options.quick)
    tables = [river_table(results, missing)]
    print(tables[0], flush=True)
    found = []
    options.out.mkdir(parents=True, exist_ok=True)
    for corpus in read:
        conditions = QUICK_CONDITIONS if options.quick else tuple(CONDITIONS)
        one = contest(corpus, bogofilter, conditions, lambda what: print(what, file=sys.stderr, flush=True))
        found.append(measured(one))
        tables.append(mail_tables(found[-1]))
        print(tables[-1], flush=True)
        for name, drawing in drawings(one, found[-1]).items():
            (options.out / name).write_text(drawing)
    about = machine(bogofilter.version)
    (options.out / "tables.md").write_text("\n".join(tables))
    (options.out / "figures.json").write_bytes(as_json(about, found, results))
    print(", ".join(f"{name} {value}" for name, value in about.items()))
    return 0 if all(one.reproduced for one in results) else 1


def river_results(quick: bool) -> tuple[list[river_sets.Result], str]:
    """All results, and why a set is left out. What River publishes comes first: nothing better is claimed before."""
    sets, missing = [river_sets.phishing()], ""
    if quick:
        missing = "SMTP is left out of a quick run."
    else:
        smtp = river_sets.smtp()
        sets, missing = ([*sets, smtp], "") if smtp is not None else (sets, river_sets.NO_SMTP)
    return [one for each in sets for one in river_sets.river_results(each) + river_sets.our_results(each)], missing


def corpora(options: argparse.Namespace) -> list[Corpus]:
    read = [corpus_at(path, options.since) for path in options.mail] or [default_corpus()]
    first = options.first or (QUICK_MAILS if options.quick else None)
    return read if first is None else [one.first(first) for one in read]


if __name__ == "__main__":
    sys.exit(main())
