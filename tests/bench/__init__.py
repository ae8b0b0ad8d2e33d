"""The measurements of the README: `./dev bench`."""
