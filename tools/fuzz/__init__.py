"""Damaged and hostile input for everything of minigrad that reads: what comes of it is the right error, or
nothing bad.

    python -m tools.fuzz                          all targets, 100,000 inputs each; docs/results/fuzz.json
    python -m tools.fuzz idx photo --inputs 1000  some of them
    python -m tools.fuzz pth --replay 4711        that input again, here, with its traceback

A target (``targets``) is a reader, seeds, and the errors that it may raise. An input is a seed that was
changed in a few places (``mutation``); it depends on the target, the seed of the campaign and its number
alone, so every input can be had again. A reader runs in a process of its own, which has a bound on memory and
is watched (``campaign``, ``worker``). ``attempt`` says what a failure is.

Seeds lie in ``tests/tools/fuzz/seeds``, inputs that failed once in ``tests/tools/fuzz/found``. The tests read
both, and a few inputs of each target.
"""
