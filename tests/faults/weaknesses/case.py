"""What a case is, and what comes of one that is tried."""

import time
from dataclasses import dataclass
from typing import Callable

HOLDS, BROKEN, UNTRIED = "holds", "broken", "could not be tried"


class CouldNotBeTried(Exception):
    """Something was missing, or happened that is neither the weakness nor its absence."""


@dataclass(frozen=True)
class Case:
    """One weakness, or a sibling of one: the same at another place. Its number is that of the list, its letter tells siblings apart."""

    number: int
    letter: str
    title: str
    attempt: Callable
    # It measures, and no other case may be tried at the same time.
    alone: bool

    @property
    def label(self):
        return f"{self.number}{self.letter}"


@dataclass(frozen=True)
class Result:
    case: Case
    outcome: str
    evidence: str
    seconds: float


CASES = []


def case(label, title, alone=False):
    """Makes a case of a function, which takes a `Trial` and gives a pair: whether the weakness was seen, and the evidence."""

    def made(attempt):
        number = label.rstrip("abcdefgh")
        CASES.append(Case(int(number), label[len(number) :], title, attempt, alone))
        return attempt

    return made


def by_status(what, answer, broken, holds):
    """What one answer says, where only these statuses say something."""
    if answer.status not in {*broken, *holds}:
        raise CouldNotBeTried(f"{what}: {answer.status} {answer.text()[:300]}")
    return answer.status in broken, f"{what}: {answer.status}{answer.code()}"


class Trial:
    """A binary that is tried, and a folder for what that leaves."""

    OUTCOMES = (HOLDS, BROKEN, UNTRIED)

    def __init__(self, binary, folder):
        self.binary, self.shared = binary, folder
        self.folder = None

    def of(self, tried):
        self.folder = self.shared / tried.label
        self.folder.mkdir()
        began = time.monotonic()
        try:
            was_seen, evidence = tried.attempt(self)
            outcome = BROKEN if was_seen else HOLDS
        except CouldNotBeTried as failure:
            outcome, evidence = UNTRIED, str(failure)
        # One case must not keep the others from being tried, whatever happens in it.
        except (Exception, SystemExit) as failure:
            outcome, evidence = UNTRIED, f"{type(failure).__name__}: {failure}"
        return Result(tried, outcome, " ".join(evidence.split()), time.monotonic() - began)
