"""Tests of backup and restore, on every database and store."""
