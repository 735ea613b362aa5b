"""What a client accepts: the kinds of content and the encodings that it names."""

from starlette.types import ASGIApp, Receive, Scope, Send


def qualities(header: str) -> dict[str, float]:
    """What a header such as `Accept` names, with the weights that it has; 0 is refused."""
    found: dict[str, float] = {}
    for part in header.split(","):
        name, *options = (piece.strip().lower() for piece in part.split(";"))
        weights = [option[2:] for option in options if option.startswith("q=")]
        try:
            found[name] = float(weights[0]) if weights else 1.0
        except ValueError:
            found[name] = 0.0
    return found


class Encodings:
    """Hides the encodings that a client refuses (`gzip;q=0`) from the layers that compress.

    These look for the word alone.
    """

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Let the layers below answer."""
        if scope["type"] == "http":
            scope = {**scope, "headers": list(map(_without_refused, scope["headers"]))}
        await self.app(scope, receive, send)


def _without_refused(header: tuple[bytes, bytes]) -> tuple[bytes, bytes]:
    name, value = header
    if name == b"accept-encoding" and b";" in value:
        accepted = (coding for coding, q in qualities(value.decode("latin-1")).items() if q > 0)
        value = ",".join(accepted).encode("latin-1")
    return name, value
