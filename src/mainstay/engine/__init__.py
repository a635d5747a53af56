"""The engine: reads conditions, judges subjects by them in three values, and says why.

`evaluate` is the way through; the rest is for those who check a catalogue or test one condition.
"""

from mainstay.engine.compile import compile
from mainstay.engine.evaluate import Evaluation, evaluate, subject_of
from mainstay.engine.explain import explain
from mainstay.engine.interpret import interpret
from mainstay.engine.parse import parse
from mainstay.engine.reads import reads
from mainstay.engine.wording import told

__all__ = ["Evaluation", "compile", "evaluate", "explain", "interpret", "parse", "reads", "subject_of", "told"]
