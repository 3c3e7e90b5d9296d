"""What is known, as data: packs of facts, decision tables, trials and studies, layered and verified when loaded."""

from oligoscope.knowledge.build import build_knowledge, load, store_of
from oligoscope.knowledge.model import Knowledge, Release
from oligoscope.knowledge.pack import KnowledgeError, Problem
from oligoscope.knowledge.trials import Trial

__all__ = ["Knowledge", "KnowledgeError", "Problem", "Release", "Trial", "build_knowledge", "load", "store_of"]
