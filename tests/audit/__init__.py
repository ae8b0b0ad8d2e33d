"""The audit that needs no network: pinned packages, installed packages, tracked files."""
