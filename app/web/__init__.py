"""The pages. What is registered, and in which order, stands in modules.py."""
