"""The blueprint that every area of the studio puts its routes on."""

from flask import Blueprint

bp = Blueprint("studio", __name__, url_prefix="/studio")
