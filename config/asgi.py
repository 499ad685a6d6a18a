"""The whole site as one ASGI application: the live stream beside Django's pages.

Django stays plain synchronous Django, run as WSGI in a few threads; only streams are asynchronous.
"""

import re

from a2wsgi import WSGIMiddleware

from config.wsgi import application as django

# Django is set up by that import, which what follows needs.
# isort: split
from config.probes import Probes
from live import hub, stream
from running.admission import Admission
from running.guard import Guard, Receive, Scope, Send, honest_headers

#: Each thread holds one database connection for as long as the process lives; half of them may
#: wait for one incident (``waits.limits.WEB``).
THREADS = 8

#: Of them none is for whole files, which a slow reader takes minutes for.
FILE_THREADS = 2

#: Ends every live stream cleanly; whoever serves the site calls it first when stopping.
end_streams = hub.close

STREAMS = re.compile(r"/(?:incidents|stakeholders|s)/[^/]+/events/")
FILES = re.compile(r"/(?:api/v1/)?attachments/\d+/?")

threads = Admission(WSGIMiddleware(django, workers=THREADS), threads=THREADS)  # type: ignore[arg-type]
files = Admission(WSGIMiddleware(django, workers=FILE_THREADS), threads=FILE_THREADS)  # type: ignore[arg-type]


async def answered(scope: Scope, receive: Receive, send: Send) -> None:
    """Let the few threads for files answer whoever reads one, and the others everything else."""
    pool = files if FILES.fullmatch(scope["path"]) else threads
    await pool(scope, receive, send)


pages = Guard(answered)
probes = Probes(lambda: threads.stuck_s)


async def application(scope: Scope, receive: Receive, send: Send) -> None:
    """Answer probes, send ``…/events/`` to the hub's streams and everything else to Django."""
    match scope["type"]:
        case "lifespan":
            await lifespan(receive, send)
        case "websocket":
            await send({"type": "websocket.close", "code": 1000})
        case _ if probes.are_asked(scope):
            await probes(scope, send)
        case _ if STREAMS.fullmatch(scope["path"]):
            await stream.application({**scope, "headers": honest_headers(scope)}, receive, send)
        case _:
            await pages(scope, receive, send)


async def lifespan(receive: Receive, send: Send) -> None:
    """Start the hub with the process; the server closes it before it waits for connections."""
    while True:
        message = await receive()
        if message["type"] == "lifespan.startup":
            hub.start()
            await send({"type": "lifespan.startup.complete"})
        else:
            await hub.close()
            await send({"type": "lifespan.shutdown.complete"})
            return
