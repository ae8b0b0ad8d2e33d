"""Counting listeners without knowing them: who asked is turned into a number of one day, at once.

    request -> Counter -> one line in a spool file          (in the web process, writes no table)
    spool file -> app.services.counting -> figures of a day (in the worker)

The day's key is the only thing that could lead from a line back to an address. It is made when a day's
first listener comes and destroyed when the day is over. Must not know Flask, nor the database.
"""
