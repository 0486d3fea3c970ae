"""Tables as LaTeX with booktabs: text of any kind compiles, and means what it said."""

from __future__ import annotations

import re
import textwrap
import unicodedata
from collections.abc import Iterable, Sequence
from itertools import accumulate

from reports.load.columns import Frame

SPECIAL = {
    "\\": r"\textbackslash{}", "{": r"\{", "}": r"\}", "$": r"\$", "&": r"\&", "#": r"\#",
    "%": r"\%", "_": r"\_", "^": r"\textasciicircum{}", "~": r"\textasciitilde{}",
    "<": r"\textless{}", ">": r"\textgreater{}", "|": r"\textbar{}", '"': r"\texttt{\char34}",
    "`": r"\`{}",
    "\N{DOWNWARDS ARROW}": r"$\downarrow$", "\N{UPWARDS ARROW}": r"$\uparrow$",
    "\N{RIGHTWARDS ARROW}": r"$\rightarrow$", "\N{PLUS-MINUS SIGN}": r"$\pm$",
    "\N{MULTIPLICATION SIGN}": r"$\times$", "\N{EN DASH}": r"\textendash{}",
    "\N{EM DASH}": r"\textemdash{}",
    "\N{MINUS SIGN}": "$-$", "\N{LESS-THAN OR EQUAL TO}": r"$\leq$",
    "\N{GREATER-THAN OR EQUAL TO}": r"$\geq$",
}  # fmt: skip
SAFE = set(" .,:;!?()[]/+=@*-'") | {chr(code) for code in range(128) if chr(code).isalnum()}
ACCENTED = {chr(code) for code in range(0xC0, 0x100)} - set("ÐðÞþ×÷ÆæØøß")
NEGATIVE = re.compile(r"(?<![\w.-])-(?=[\d.])")
LIGATURE = re.compile("-(?=-)|'(?=')")
ARGUMENT = re.compile(r"^[\[*]")
"""What the end of a row before it would take for its own."""
MOST = 2400
"""Letters of a text: TeX sets a caption as one line at first, and knows none of six metres."""
LONG, HEADER = 44, 16  # characters of a cell that is broken into lines, and of a line of a header
MANY = 6  # columns from which a table is as wide as the page


def escaped(text: object) -> str:
    """Return a text as LaTeX prints it: nothing in it is a command.

    A character that no font of plain LaTeX has is given by its number, as U+4E2D; what is too long
    for TeX ends in dots.
    """
    plain = unicodedata.normalize("NFC", " ".join(str(text).split()))
    letters = list(map(_escaped, NEGATIVE.sub("\N{MINUS SIGN}", plain)))
    printed = accumulate(len(one) if one.startswith("U+") else 1 for one in letters)
    kept = sum(length <= MOST for length in printed)
    said = "".join(letters[:kept]) + "..." * (kept < len(letters))
    return ARGUMENT.sub(r"{\g<0>}", LIGATURE.sub(r"\g<0>{}", said))


def _escaped(letter: str) -> str:
    if letter in SPECIAL:
        return SPECIAL[letter]
    return letter if letter in SAFE | ACCENTED else f"U+{ord(letter):04X}"


def to_latex(
    table: Frame, caption: str, label: str, marks: Iterable[tuple[int, int, str]] = ()
) -> str:
    """Return a table as a floating table of LaTeX, for a document that loads booktabs.

    Args:
        table: of text.
        caption: plain text.
        label: for references, without the part before its colon.
        marks: (row, column, format) of cells that stand out; a format holds one ``{}``.
    """
    wide = "*" if table.shape[1] >= MANY else ""
    cells = [[escaped(cell) for cell in row] for row in table.itertuples(index=False)]
    for row, column, form in marks:
        cells[row][column] = form.replace("{}", f"{{{cells[row][column]}}}")
    lines = [
        "% \\usepackage{booktabs}",
        f"\\begin{{table{wide}}}",
        f"\\centering\\footnotesize\\setlength{{\\tabcolsep}}{{{2.4 if wide else 4}pt}}",
        f"\\caption{{{escaped(caption)}}}",
        f"\\label{{tab:{label}}}",
        f"\\begin{{tabular}}{{@{{}}{_columns(table)}@{{}}}}",
        "\\toprule",
        _line([_header(str(name)) for name in table.columns]),
        "\\midrule",
        *(_line(row) for row in cells),
        "\\bottomrule",
        "\\end{tabular}",
        f"\\end{{table{wide}}}",
    ]
    return "\n".join(lines) + "\n"


def _line(cells: Sequence[str]) -> str:
    return f"{' & '.join(cells)} \\\\"


def _columns(table: Frame) -> str:
    """Return one letter a column: left, or lines of so many letters where a cell is long."""
    longest = [
        max(map(len, map(str, table.iloc[:, place])), default=0) for place in range(table.shape[1])
    ]
    broken = f"p{{{LONG // 2}em}}"
    return "".join(broken if length > LONG else "l" for length in longest)


def _header(name: str) -> str:
    """Return a column's name in lines, the last one above the numbers."""
    lines = " \\\\ ".join(map(escaped, textwrap.wrap(name, HEADER)))
    return f"\\begin{{tabular}}[b]{{@{{}}l@{{}}}}{lines}\\end{{tabular}}"
