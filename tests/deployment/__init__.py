"""The set-up of docs/deployment.md on loopback: the guide's own files, with places of the tests' own."""
