"""KMZ archives: ZIP files, read with no trust in what they say of themselves, and written the same every time."""

import io
import struct
import zipfile
import zlib

from missions.planning.formats.checked import bad

MAX_ENTRIES = 1_000
MAX_MEMBER_BYTES = 16_000_000
_WRITTEN = (2020, 1, 1, 0, 0, 0)


def members(data: bytes, wanted: tuple[str, ...]) -> dict[str, bytes]:
    """The files of an archive whose names end in one of ``wanted``, by their names in lower case.

    No more than `MAX_MEMBER_BYTES` of one are unpacked, whatever its header says.

    Raises:
        PlanningError: when the archive is broken, encrypted, or unpacks to more.
    """
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            entries = archive.infolist()
            if len(entries) > MAX_ENTRIES:
                raise bad(f"the archive holds more than {MAX_ENTRIES} files", f"压缩包内文件超过 {MAX_ENTRIES} 个")
            chosen = [entry for entry in entries if entry.filename.lower().endswith(wanted) and not entry.is_dir()]
            return {entry.filename.lower().replace("\\", "/"): _unpacked(archive, entry) for entry in chosen[:8]}
    except (zipfile.BadZipFile, zlib.error, struct.error, EOFError, OSError, ValueError, OverflowError) as error:
        raise bad(f"the archive is broken: {error}", "压缩包已损坏") from error
    except (RuntimeError, NotImplementedError) as error:  # encrypted, or packed in a way that Python does not know
        raise bad(f"the archive cannot be unpacked: {error}", "压缩包无法解压（加密或压缩方式不支持）") from error


def _unpacked(archive: zipfile.ZipFile, entry: zipfile.ZipInfo) -> bytes:
    if entry.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):
        raise NotImplementedError(f"packing method {entry.compress_type}")
    with archive.open(entry) as member:
        content = member.read(MAX_MEMBER_BYTES + 1)
    if len(content) > MAX_MEMBER_BYTES:
        raise bad(
            f"{entry.filename[:60]} unpacks to more than {MAX_MEMBER_BYTES // 1_000_000} MB: no plan does",
            f"{entry.filename[:60]} 解压后过大",
            entry.filename[:60],
        )
    return content


def packed(files: dict[str, bytes]) -> bytes:
    """An archive of files, the same bytes for the same files."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in files.items():
            archive.writestr(zipfile.ZipInfo(name, _WRITTEN), content, zipfile.ZIP_DEFLATED)
    return out.getvalue()
