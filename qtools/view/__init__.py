"""``qtools view``: runs, corpora and verifications under a directory, in a browser on this machine.

Everything that is shown was found in files, which may come from anybody: they are read with limits,
shown as text, and served without any right to load or to read something else.
"""
