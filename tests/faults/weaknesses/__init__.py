"""The weaknesses that an attack found, each as a case that tries it. They are told in the order of their numbers."""

from . import disk, edge, issuer, limits, load, office
from .case import CASES

CASES.sort(key=lambda case: (case.number, case.letter))
