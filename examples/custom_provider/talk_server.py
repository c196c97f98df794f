"""The server that the example reaches: it says each word back, as server-sent events. Prints its port."""

import json
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer


class Talk(BaseHTTPRequestHandler):
    """Answers GET /health and POST /talk; wants the key `open sesame` from whoever brings one."""

    def do_GET(self) -> None:
        """How it is: always well."""
        self._whole(200, {"status": "ok"})

    def do_POST(self) -> None:
        """The words of the last message, one event each."""
        request = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        if self.headers.get("Authorization", "Bearer open sesame") != "Bearer open sesame":
            self._whole(401, {"error": "no such key"})
            return
        self.send_response(200)
        self.send_header("Content-Type", "text/event-stream")
        self.end_headers()
        words = request["messages"][-1]["text"].split()
        for word in words:
            self._event({"text": f"{word} "})
        self._event({"tokens": [len(words), len(words)]})

    def log_message(self, *_: object) -> None:
        """Say nothing."""

    def _event(self, value: object) -> None:
        self.wfile.write(f"data: {json.dumps(value)}\n\n".encode())
        self.wfile.flush()

    def _whole(self, status: int, value: object) -> None:
        page = json.dumps(value).encode()
        self.send_response(status)
        self.send_header("Content-Length", str(len(page)))
        self.end_headers()
        self.wfile.write(page)


if __name__ == "__main__":
    with ThreadingHTTPServer(("127.0.0.1", 0), Talk) as server:
        print(server.server_port, flush=True)
        server.serve_forever()
