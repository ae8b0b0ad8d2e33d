"""Search over every sentence of every transcript, titles and notes (house, decision 14).

The way of a query: `query.py` reads what a person typed, `needles.py` turns it into stems, `asking.py`
asks the index, `marking.py` finds the words again in each hit. The way of a text: `readings.py` into
stems and words, `storing.py` into the index. `sqlite.py` and `postgres.py` say what each database does in
its own way; `index.py` is what the rest of the service calls.
"""
