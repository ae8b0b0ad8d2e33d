"""Demo data, which says that it is demo data: written for Hearth, spoken by a machine, true of nobody."""
