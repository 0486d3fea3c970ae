"""Tables as LaTeX: whatever a store holds compiles, and is printed as it stands there."""

from __future__ import annotations

import re
import shutil
import subprocess

import pandas as pd
import pytest

from reports.tables.latex import escaped, to_latex

TEX = shutil.which("pdflatex")
EVERY = "".join(map(chr, range(1, 0x250))) + "↓↑→±×–—−≤≥中😀\u202e"
HOSTILE = [
    r"\input{/etc/passwd}", r"\write18{ls}", r"\end{tabular}\end{document}", "100% & #1 $x$ ~ ^",
    "[2pt] of a row before", "*", "--metric ''quoted''", "<script>alert(1)</script>", "a_b{c}", "",
]  # fmt: skip
COMMAND = re.compile(
    r"\\(?:textbackslash|textasciicircum|textasciitilde|textless|textgreater|textbar|textendash"
    r"|textemdash|texttt\{\\char34\}|downarrow|uparrow|rightarrow|pm|times|leq|geq"
    r"|[{}$&#%_`])"
)
"""All that an escaped text may say to TeX."""


@pytest.mark.parametrize("text", [*HOSTILE, EVERY])
def test_nothing_of_a_text_reaches_tex_as_a_command(text) -> None:
    left = COMMAND.sub("", escaped(text)).replace("$$", "").replace("$-$", "")
    assert not set(left) & set('\\$&#%_^~<>|"'), left
    assert left.isprintable()
    depths = [0]
    for letter in left:
        depths.append(depths[-1] + (letter == "{") - (letter == "}"))
    assert min(depths) == depths[-1] == 0


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("3.02 [2.62, 3.59]", "3.02 [2.62, 3.59]"),
        ("-1.5 [-2, -1]", "$-$1.5 [$-$2, $-$1]"),
        ("digits-cnn ↓", r"digits-cnn $\downarrow$"),
        ("[2pt]", "{[}2pt]"),
        ("--metric", "-{}-metric"),
        ("中", "U+4E2D"),
    ],
)
def test_what_texts_become(text, said) -> None:
    assert escaped(text) == said


def _table() -> pd.DataFrame:
    return pd.DataFrame({"me_thod": HOSTILE, "a score ↓ of 100%": HOSTILE[::-1]})


def test_a_table_is_booktabs_with_caption_label_and_marks() -> None:
    text = to_latex(_table(), "50% of _all_", "x", [(7, 0, r"\textbf{}")])
    assert r"\caption{50\% of \_all\_}" in text
    assert text.count("\\toprule") == text.count("\\midrule") == text.count("\\bottomrule") == 1
    assert r"\textbf{\textless{}script\textgreater{}alert(1)" in text
    body = text.split("\\midrule\n")[1].split("\\bottomrule")[0]
    rows = [line for line in body.splitlines() if line]
    assert len(rows) == len(HOSTILE)
    assert all(row.endswith(r"\\") and len(re.findall(r"(?<!\\)&", row)) == 1 for row in rows)


@pytest.mark.skipif(TEX is None, reason="no LaTeX on this machine")
def test_it_compiles(tmp_path) -> None:
    letters = pd.DataFrame({"letters": [EVERY[i : i + 9] for i in range(0, len(EVERY), 9)]})
    tables = [to_latex(_table(), EVERY, "hostile"), to_latex(letters, "all", "all")]
    document = "\\documentclass{article}\\usepackage{booktabs}\\begin{document}\n"
    (tmp_path / "t.tex").write_text(f"{document}{''.join(tables)}\\end{{document}}\n")
    done = subprocess.run(
        [str(TEX), "-halt-on-error", "-interaction=nonstopmode", "-no-shell-escape", "t.tex"],
        cwd=tmp_path, capture_output=True, check=False, timeout=600,
    )  # fmt: skip
    assert done.returncode == 0, done.stdout.decode(errors="replace")[-800:]
