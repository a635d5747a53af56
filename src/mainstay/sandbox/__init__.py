"""The sandbox: an embedded AWS account to try things in.

moto's server in a child process, on loopback, ended with its parent. What is deployed into it goes through its
CloudFormation API, and where that falls short through the APIs of the services, told resource by resource.
"""

from __future__ import annotations

from mainstay.sandbox.account import Account, is_loopback
from mainstay.sandbox.deploying import deploy
from mainstay.sandbox.deployment import Completion, Declared, Deployment, Made, Shortfall, Template
from mainstay.sandbox.environment import environment, isolated
from mainstay.sandbox.process import Sandbox

__all__ = [
    "Account",
    "Completion",
    "Declared",
    "Deployment",
    "Made",
    "Sandbox",
    "Shortfall",
    "Template",
    "deploy",
    "environment",
    "is_loopback",
    "isolated",
]
