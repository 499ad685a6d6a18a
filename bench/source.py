"""``python -m bench.source``: answers queries as Prometheus does; its first line is its address.

Each answer takes ``THINKS_S``, as a query of some thousand series takes there.
"""

import json
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qs

THINKS_S = 0.02


class Handler(BaseHTTPRequestHandler):
    """One series with one value, or with one a minute."""

    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    wbufsize = -1

    def do_POST(self) -> None:
        form = parse_qs(self.rfile.read(int(self.headers["Content-Length"])).decode())
        time.sleep(THINKS_S)
        if self.path.endswith("query_range"):
            start, end = (float(form[name][0]) for name in ("start", "end"))
            moments = range(int(start), int(end), int(form["step"][0]))
            series = {"metric": {}, "values": [[moment, "0.5"] for moment in moments]}
            data = {"resultType": "matrix", "result": [series]}
        else:
            moment = float(form["time"][0])
            # It moves, so that every sample is another number.
            one = {"metric": {}, "value": [moment, str(0.5 + moment % 1 / 10)]}
            data = {"resultType": "vector", "result": [one]}
        content = json.dumps({"status": "success", "data": data}).encode()
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)

    def log_message(self, *_: object) -> None:
        """Nobody reads it."""


class Server(ThreadingHTTPServer):
    """As many askers at once as come."""

    daemon_threads = True
    request_queue_size = 128


if __name__ == "__main__":
    server = Server(("127.0.0.1", 0), Handler)
    print(f"http://127.0.0.1:{server.server_port}", flush=True)
    server.serve_forever()
