"""`doctor`: is everything in place? One module an area, in the order in which one would mend them.

Nothing here decides what a run may do: each check asks the function that a run would ask, and says what came of it. A
check that can't be made, because an earlier one failed, is skipped and says because of which.
"""
