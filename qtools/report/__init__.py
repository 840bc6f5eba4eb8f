"""One self-contained HTML page per result: no network, no other file, light and dark, printable.

This room knows pages and figures. What a compilation, a corpus or a verification shows is decided
where it is made; they fill a :class:`~qtools.report.page.Page` and write it.
"""
