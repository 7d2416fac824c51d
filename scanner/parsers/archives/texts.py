"""The text members of a zip: wheels, jars, eggs and plain ones."""

from __future__ import annotations

from collections.abc import Iterator

from scanner.parsers.secrets.skipped import MAX_MEMBER, MAX_MEMBERS, is_skipped

MAX_COUNT = 20_000
"""Members of one zip that are looked at."""


def members(data: bytes) -> Iterator[tuple[str, bytes]]:
    """The names and contents of members that may hold text. Raises ValueError for what is no zip, and for too much.

    A member that lies about its size is read up to the limit.
    """
    import io
    import zlib
    from zipfile import BadZipFile, ZipFile

    left = MAX_MEMBERS
    try:
        with ZipFile(io.BytesIO(data)) as archive:
            for member in archive.infolist()[:MAX_COUNT]:
                name = member.filename.encode("utf-8", "surrogateescape")
                if member.is_dir() or not 0 < member.file_size <= MAX_MEMBER or member.flag_bits & 1:
                    continue
                if is_skipped(name, name[name.rfind(b"/") + 1 :]):
                    continue
                with archive.open(member) as opened:
                    content = opened.read(min(MAX_MEMBER, left))
                left -= len(content)
                if left <= 0:
                    raise ValueError(f"its text is more than {MAX_MEMBERS:,} bytes; the rest was not searched")
                yield member.filename, content
    except (BadZipFile, zlib.error, EOFError, NotImplementedError, RuntimeError, OverflowError) as error:
        raise ValueError(f"a damaged zip: {error}") from None
