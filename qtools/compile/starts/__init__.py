"""The first gates of a fit."""
