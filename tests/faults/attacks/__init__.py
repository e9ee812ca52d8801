"""What is tried. A row is a module: `NUMBER` as the README tells it, `TITLE`, how many `ADDRESSES` it comes from, and `attack`, which
does it from one of them until it is cancelled."""

from . import charts, connections, feed, free_answers, imports, past_states

ATTACKS = [past_states, feed, free_answers, connections, charts, imports]
