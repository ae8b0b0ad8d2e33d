"""Search over every sentence of every transcript, titles and notes (house, decision 14).

The way of a query: `query.py` reads what a person typed, `needles.py` turns it into stems, `sqlite_hits.py`
asks the index, `marking.py` finds the words again in each hit. The way of a text: `readings.py` into
stems and words, `sqlite.py` into the index. `index.py` is what the rest of the service calls.
"""
