"""An HTML file printed as PDF, where Chromium is at hand."""

import os
import shutil
import subprocess
import tempfile
from pathlib import Path

from analytics.output.export import PictureProblem

CHROMIUM = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "chrome")
_SECONDS = 120


class PdfProblem(PictureProblem):
    """The PDF can't be made: says what to do instead."""


def printed_pdf(html: str, name: str) -> bytes:
    """An HTML file printed by Chromium as the PDF of this name, A4.

    Raises PdfProblem, which names the remedy, where there is no Chromium or it fails.
    """
    found = next(filter(None, map(shutil.which, CHROMIUM)), None)
    if found is None:
        raise PdfProblem(
            f"{name}: a PDF is printed by Chromium, which is not found here. Install it (on"
            " Debian: apt install chromium), or write an .html file and print that."
        )
    try:
        with tempfile.TemporaryDirectory() as folder:
            return _printed(found, html, Path(folder))
    except subprocess.SubprocessError as error:
        why = f"{found} could not print it ({type(error).__name__})"
    except FileNotFoundError:
        why = f"{found} made no file"
    except OSError as error:
        why = f"there is no room to print it in {tempfile.gettempdir()} ({error.strerror})"
    raise PdfProblem(f"{name}: {why}. Write an .html file and print that from a browser.")


def _printed(chromium: str, html: str, folder: Path) -> bytes:
    page, made = folder / "page.html", folder / "page.pdf"
    page.write_text(html, "utf-8")
    command = [
        chromium, "--headless", "--disable-gpu", "--disable-background-networking",
        "--disable-component-update", "--disable-sync", "--no-first-run",
        f"--user-data-dir={folder}/profile", "--no-pdf-header-footer",
        f"--print-to-pdf={made}", page.as_uri(),
    ]  # fmt: skip
    if hasattr(os, "geteuid") and os.geteuid() == 0:
        command.insert(1, "--no-sandbox")  # root has none; the page has no script
    subprocess.run(command, check=True, capture_output=True, timeout=_SECONDS)  # noqa: S603
    return made.read_bytes()
