"""Ties the life of the fork server to the process that started it, and to nothing else.

The fork server is the process that workers are forked from; it imports this module first. From
then on the kernel kills it when its parent dies. A signal that goes to a whole process group,
when a terminal is closed or a batch system sends SIGTERM, does not end it: its workers must
live on to write their checkpoints. Such signals are blocked, not ignored, because workers
inherit this: one that reaches a worker just forked is kept until the worker has its handler.
"""

from runners.engines.lifeline import block_stop_signals, die_with_parent

die_with_parent()
block_stop_signals()
