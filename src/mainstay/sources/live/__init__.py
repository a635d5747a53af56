"""The live source: reads accounts through the APIs of AWS, by collectors that are data.

Nothing here imports boto3 but `api` and `sessions`, which are imported when an account is really called.
"""

from mainstay.sources.live.calls import Caller
from mainstay.sources.live.cloudcontrol import CloudControl
from mainstay.sources.live.collecting import Collecting
from mainstay.sources.live.collectors import Collector, load_collectors
from mainstay.sources.live.reading import Account, Read, unseen
from mainstay.sources.live.wanting import wanted_by

__all__ = [
    "Account",
    "Caller",
    "CloudControl",
    "Collecting",
    "Collector",
    "Read",
    "load_collectors",
    "unseen",
    "wanted_by",
]
