"""The programs that qtools is measured against, each run in its best setting."""
