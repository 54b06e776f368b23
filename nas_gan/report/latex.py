"""Tables for papers: LaTeX with the package booktabs, and Markdown."""

from __future__ import annotations

from collections.abc import Collection, Sequence

SPECIAL = {
    "\\": r"\textbackslash{}",
    "{": r"\{",
    "}": r"\}",
    "$": r"\$",
    "&": r"\&",
    "%": r"\%",
    "#": r"\#",
    "_": r"\_",
    "~": r"\textasciitilde{}",
    "^": r"\textasciicircum{}",
    "±": r"$\pm$",
    "≈": r"$\approx$",
    "×": r"$\times$",
    "–": "--",
    "▾": "",
    "→": r"$\to$",
    "<": r"\textless{}",
    ">": r"\textgreater{}",
}


def latex_table(
    headings: Sequence[str], rows: Sequence[Sequence[str]], caption: str, numbers: Collection[str]
) -> str:
    """Write a table of LaTeX with booktabs' rules; columns in `numbers` are set to the right."""
    columns = "".join("r" if heading in numbers else "l" for heading in headings)
    lines = [
        "% needs \\usepackage{booktabs}",
        r"\begin{table}",
        r"  \centering",
        f"  \\caption{{{escape_latex(caption)}}}",
        f"  \\begin{{tabular}}{{{columns}}}",
        r"    \toprule",
        f"    {_row(headings)}",
        r"    \midrule",
        *(f"    {_row(row)}" for row in rows),
        r"    \bottomrule",
        r"  \end{tabular}",
        r"\end{table}",
    ]
    return "\n".join(lines) + "\n"


def markdown_table(headings: Sequence[str], rows: Sequence[Sequence[str]], numbers: Collection[str]) -> str:
    """Write a table of Markdown; columns in `numbers` are set to the right."""
    rules = ["---:" if heading in numbers else "---" for heading in headings]
    written = [[_escape_markdown(cell) for cell in row] for row in (headings, *rows)]
    lines = [written[0], rules, *written[1:]]
    return "".join(f"| {' | '.join(line)} |\n" for line in lines)


def escape_latex(text: str) -> str:
    """Write a text so that LaTeX sets what it says; a line break or a control character becomes a space."""
    return "".join(SPECIAL.get(c, c if c.isprintable() else " ") for c in text).strip()


def _row(cells: Sequence[str]) -> str:
    return " & ".join(escape_latex(cell) for cell in cells) + r" \\"


def _escape_markdown(text: str) -> str:
    plain = "".join(c if c.isprintable() else " " for c in text)
    return plain.replace("\\", "\\\\").replace("|", "\\|").replace("<", "&lt;")
