"""Problems a user can solve, printed without a traceback, exit code 2; and what has no answer."""


class UserProblem(Exception):
    """A message for the user: what is wrong, where, and what to do."""


class DataProblem(UserProblem):
    """Images that are missing, damaged or do not fit."""


class StoreProblem(UserProblem):
    """A damaged or misplaced results file, named."""


class Unbounded(Exception):
    """Why no upper bound of a Lipschitz constant is known."""
