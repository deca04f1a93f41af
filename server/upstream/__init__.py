"""The only door to the network: sends what providers' flows ask for, safely, and says what it cost."""

from server.upstream.breaker import BreakerState
from server.upstream.channel import Connection
from server.upstream.drive import Driven
from server.upstream.health import Health
from server.upstream.intent import Intent
from server.upstream.upstream import Upstream

__all__ = ["BreakerState", "Connection", "Driven", "Health", "Intent", "Upstream"]
