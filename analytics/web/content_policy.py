"""What a browser may do with an answer: the content policy."""

import base64
import hashlib
import re

CONNECT = "connect-src 'self'"
_INLINE = re.compile(r"<script(?![^>]*\ssrc=)[^>]*>(.*?)</script>", re.DOTALL)


def policy(html: str = "", *, compiles: bool = False) -> str:
    """The content policy of answers: all from here, and of inline scripts only those of `html`.

    `compiles` lets these make WebAssembly, which can do no more than they. Styles stand in elements
    all over Streamlit's pages. Pictures are drawn as data, or made by a script; the API's
    documentation searches in a worker that its script makes.
    """
    hashes = "".join(
        f" 'sha256-{base64.b64encode(hashlib.sha256(script.encode()).digest()).decode()}'"
        for script in dict.fromkeys(_INLINE.findall(html))
    )
    compiled = " 'wasm-unsafe-eval'" if compiles else ""
    return (
        f"default-src 'self'; script-src 'self'{compiled}{hashes};"
        " style-src 'self' 'unsafe-inline'; img-src 'self' data: blob:; font-src 'self' data:;"
        f" media-src 'self' blob:; worker-src 'self' blob:; {CONNECT}; frame-src 'none';"
        " object-src 'none'; base-uri 'self'; form-action 'self'; frame-ancestors 'none'"
    )
