"""CloudTrail as a company would write it, with attacks and decoys of which the truth is known."""

from mainstay.simulation.attacks import ATTACKS
from mainstay.simulation.company import Company
from mainstay.simulation.decoys import DECOYS
from mainstay.simulation.delivery import deliver, deliver_flows, deliver_queries
from mainstay.simulation.incidents import Incident
from mainstay.simulation.simulation import Simulation, generate

__all__ = [
    "ATTACKS",
    "DECOYS",
    "Company",
    "Incident",
    "Simulation",
    "deliver",
    "deliver_flows",
    "deliver_queries",
    "generate",
]
