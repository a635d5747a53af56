"""The child process: moto's server on loopback, for as long as its parent lives.

`python -m mainstay.sandbox.server PORT PARENT [armed] [policies]` says one line of JSON on stdout: the port on which it
answers, or why it does not. It ends when its stdin is closed, which the end of the parent does as well. `armed` lets
the kernel end it too; with `policies` the account has AWS's own.
"""

from __future__ import annotations

import ctypes
import json
import logging
import os
import signal
import socket
import sys
import threading
import warnings

HOST = "127.0.0.1"

_PR_SET_PDEATHSIG = 1


def serve(port: int, parent: int, armed: bool, policies: bool) -> None:
    """Answer on `port`, 0 for a free one, until the process `parent` is gone."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C goes to the whole group; the parent decides what ends
    threading.Thread(target=_end_with_stdin, daemon=True).start()
    if armed:
        _die_with(parent)
    try:
        listener = _bound(port)
    except (OSError, OverflowError) as error:
        return _say(error=f"port {port} cannot be had: {getattr(error, 'strerror', None) or error}")
    number = listener.getsockname()[1]
    os.environ["MOTO_PORT"] = str(number)
    os.environ["MOTO_IAM_LOAD_MANAGED_POLICIES"] = str(policies).lower()
    os.environ["MOTO_EC2_LOAD_DEFAULT_AMIS"] = "false"  # Amazon's images and snapshots are not the account's
    warnings.simplefilter("ignore")  # what moto cannot do is told by whoever asked for it
    try:
        from moto.moto_server.werkzeug_app import (
            DomainDispatcherApplication,
            MotoRequestHandler,
            create_backend_app,
        )
        from werkzeug.serving import make_server
    except ImportError as error:
        return _say(missing=str(error))
    logging.getLogger("werkzeug").setLevel(logging.ERROR)
    application = DomainDispatcherApplication(create_backend_app)
    server = make_server(
        HOST, number, application, threaded=True, request_handler=MotoRequestHandler, fd=listener.fileno()
    )
    _say(port=number)
    _drop_stdout()
    return server.serve_forever()


def _bound(port: int) -> socket.socket:
    """A socket that listens already: who connects while moto is still being imported waits, and is not turned away."""
    listener = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
    if os.name == "posix":  # elsewhere this would let two servers share a port
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    listener.bind((HOST, port))
    listener.listen(128)
    return listener


def _end_with_stdin() -> None:
    while os.read(0, 1024):
        pass
    os._exit(0)  # requests may hang in moto's threads: nothing of them is to be kept


def _die_with(parent: int) -> None:
    """Linux ends this process with the thread that started it, however that ends."""
    if sys.platform == "linux":
        ctypes.CDLL(None, use_errno=True).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
        if os.getppid() != parent:  # it ended before the line above
            os._exit(0)


def _say(**what: object) -> None:
    print(json.dumps(what), flush=True)


def _drop_stdout() -> None:
    """Nobody reads it any more, and what moto prints must not fill the pipe."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), 1)


if __name__ == "__main__":
    serve(int(sys.argv[1]), int(sys.argv[2]), "armed" in sys.argv[3:], "policies" in sys.argv[3:])
