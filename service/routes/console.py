"""The console's static files, or a page that says how to build them."""

from pathlib import Path

from fastapi import FastAPI
from starlette.responses import HTMLResponse
from starlette.staticfiles import StaticFiles

import console

NOT_BUILT = """<!doctype html><html lang="zh"><meta charset="utf-8"><title>Liti 立体</title>
<style>body{font:16px/1.6 system-ui,sans-serif;max-width:40em;margin:4em auto;padding:0 1em}</style>
<h1>Liti 立体</h1>
<p>服务正在运行，但控制台尚未构建。请在源代码目录运行 <code>make setup</code>，然后重新启动服务。</p>
<p>The service runs, but the console is not built. Run <code>make setup</code> in the source folder, then start the
service again. The doors under <code>/api/v1</code> work without it.</p></html>"""


def install(app: FastAPI, folder: Path | None = None) -> None:
    """Serve the console at ``/``; call it after all other routes."""
    dist = console.DIST if folder is None else folder
    if (dist / "index.html").is_file():
        app.mount("/", StaticFiles(directory=dist, html=True), name="console")
        return

    @app.get("/", include_in_schema=False)
    async def not_built() -> HTMLResponse:
        return HTMLResponse(NOT_BUILT, status_code=503)
