"""The process: `mainstay` and `python -m mainstay`."""

import gc
import signal

GARBAGE = (100_000, 20, 50)
"""What is read lives long and seldom forms circles: looking for those less often saves a tenth, and more of a list."""


def main() -> None:
    """Runs the command. Ctrl-C while modules are still imported ends the process, without a traceback."""
    interrupted = signal.getsignal(signal.SIGINT)
    if interrupted is signal.default_int_handler:  # otherwise whoever started the process wants it ignored
        signal.signal(signal.SIGINT, signal.SIG_DFL)
    from mainstay.cli import commands  # noqa: F401 # `run` needs it first of all
    from mainstay.cli import main as run

    signal.signal(signal.SIGINT, interrupted)
    gc.set_threshold(*GARBAGE)
    run()


if __name__ == "__main__":
    main()
