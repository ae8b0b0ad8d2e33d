"""The durable way of a recording, from the received file to a searchable transcript."""
