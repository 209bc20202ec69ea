"""Scores of the shipped program."""
