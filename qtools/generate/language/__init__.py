"""The language of the model: circuits as rows of columns, conditions as tokens."""
