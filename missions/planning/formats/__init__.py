"""Plan files: read and written by format, with what did not pass told by name.

`FORMATS` is the table of formats; docs/plan-files.md says what each carries. `read` and `export` tell what a file says
beyond the plan, and what of a plan a file does not say; `read_plan` and `write_plan` are the same without.
"""

from missions.planning.formats.geo import geojson
from missions.planning.formats.ground import settled
from missions.planning.formats.results import MAX_FILE_BYTES, MAX_ITEMS, Read, Remark, Written
from missions.planning.formats.table import (
    FORMATS,
    READABLE,
    WRITABLE,
    Format,
    export,
    format_of,
    read,
    read_plan,
    write_plan,
)

__all__ = [
    "FORMATS",
    "MAX_FILE_BYTES",
    "MAX_ITEMS",
    "READABLE",
    "WRITABLE",
    "Format",
    "Read",
    "Remark",
    "Written",
    "export",
    "format_of",
    "geojson",
    "read",
    "read_plan",
    "settled",
    "write_plan",
]
