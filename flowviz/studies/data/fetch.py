"""Files from the network: whole and with the right checksum in the cache, or not there at all."""

from __future__ import annotations

import errno
import os
import sys
from pathlib import Path

from . import known
from .known import Remote

_FULL = {errno.ENOSPC, errno.EDQUOT}


def cache_folder() -> Path:
    """Where fetched files are kept: the folder named in FLOWVIZ_CACHE, else the user's cache."""
    chosen = os.environ.get("FLOWVIZ_CACHE")
    return Path(chosen) if chosen else Path(_pooch().os_cache("flowviz"))


def fetched(remote: Remote, prefix: str = "") -> Path:
    """The path of the file in the cache, fetched if it is not there with its checksum.

    The places are tried in turn. It arrives under a temporary name and is renamed once its
    checksum is right. Raises ConnectionError that says what happened at every place, and OSError
    if it cannot be stored (a full disk, a folder that may not be written); neither leaves a part.
    """
    pooch, cache = _pooch(), cache_folder()
    import requests

    pooch.get_logger().setLevel("WARNING")
    failures = []
    for folder in remote.folders:
        address = folder + remote.name
        try:
            path = pooch.retrieve(
                address,
                remote.checksum,
                f"{prefix}{remote.name}",
                cache,
                progressbar=sys.stderr.isatty(),
            )
            return Path(path)
        # requests' errors are OSErrors too; pooch raises ValueError for a wrong checksum
        except (requests.RequestException, ValueError) as error:
            failures.append(f"{address}: {error}")
        except OSError as error:
            raise _not_stored(error, remote.name, cache) from error
    raise ConnectionError(f"expected {remote.name} from the network, got " + "; ".join(failures))


def fetch_checkpoint(name: str) -> Path:
    """The path of a published checkpoint, fetched once; `known.CHECKPOINTS` lists them.

    Raises FileNotFoundError for one that is not published, else as `fetched`.
    """
    if known.CHECKPOINTS_AT is None or name not in known.CHECKPOINTS:
        published = ", ".join(known.CHECKPOINTS) if known.CHECKPOINTS_AT else ""
        raise FileNotFoundError(
            f"checkpoint {name!r}: expected one of those published "
            f"({published or 'none so far'}); `flowviz study run` trains one"
        )
    return fetched(Remote(name, known.CHECKPOINTS[name], (known.CHECKPOINTS_AT,)))


def _not_stored(error: OSError, name: str, cache: Path) -> OSError:
    why = "the disk is full" if error.errno in _FULL else error.strerror or str(error)
    told = f"cannot store {name} in {cache}: {why}; FLOWVIZ_CACHE names another folder"
    return OSError(error.errno, told)


def _pooch():
    try:
        import pooch
    except ModuleNotFoundError as error:
        raise ModuleNotFoundError("fetching data sets needs pooch: pip install pooch") from error
    return pooch
