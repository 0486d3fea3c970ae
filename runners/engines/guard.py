"""Imported first by the server that workers are forked from: when it ends, and when not.

It dies with the process that started it. Signals sent to a whole process group (a closed
terminal, a batch system's SIGTERM) leave it be: workers must live to write their checkpoints.
Blocked rather than ignored, so that one sent to a worker just forked waits for its handler.
"""

from runners.engines.lifeline import block_stop_signals, die_with_parent

die_with_parent()
block_stop_signals()
