"""Sphinx's settings: pages are Markdown, and what the code knows is generated while it builds."""

import sys
from pathlib import Path

sys.path[:0] = [str(Path(__file__).parent / "generate"), str(Path(__file__).parents[1])]

project = "lipschitz-bench"
html_title = project
extensions = ["myst_parser", "generated"]
exclude_patterns = ["generate"]
smartquotes = False  # of --options, too
html_theme = "furo"  # its fonts are the system's: pages load nothing from elsewhere
html_static_path = ["static"]
html_css_files = ["site.css"]
html_show_sphinx = html_copy_source = False
html_show_copyright = False
myst_heading_anchors = 3
