"""The table of symbols: complete, ASCII in code, LaTeX that printers agree with."""

from __future__ import annotations

from derive.calculus.nodes import BOUND
from derive.conventions import BOUND_NAMES, FUNCTIONS, GREEK, ORDER_PARAMETERS, QUANTITIES, STATUSES, lookup
from derive.report.symbols import latex_name


def test_every_entry_says_what_it_is() -> None:
    for entry in (*ORDER_PARAMETERS, *QUANTITIES, *FUNCTIONS):
        assert entry.name.isascii()
        assert entry.latex.isascii()
        assert entry.domain and entry.meaning
        assert (entry.meaning + entry.domain).count("$") % 2 == 0


def test_latex_names_agree_with_the_table() -> None:
    for entry in ORDER_PARAMETERS:
        if entry.name not in ("v", "A"):
            assert latex_name(entry.name) == entry.latex


def test_every_reserved_symbol_has_a_name() -> None:
    assert {s.name for s in BOUND.values()} <= set(BOUND_NAMES)


def test_lookup_and_statuses() -> None:
    assert lookup("q").meaning.startswith("overlap")
    assert lookup("no_such") is None
    assert set(STATUSES) == {"exact", "standard", "ansatz", "asserted"}
    assert GREEK["alpha"] == "α"
