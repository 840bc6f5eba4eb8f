"""Proof that qtools is hard to break: it is killed, cut, starved and lied to, and must not mind.

``python -m chaos`` runs everything and writes ``docs/reliability.md``; the tests run short forms.
"""
