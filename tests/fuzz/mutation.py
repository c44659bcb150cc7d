"""Files that are nearly valid: a sound one of a format, changed as accidents and attackers do."""

from __future__ import annotations

from hypothesis import strategies as st

from tests.fuzz.targets import Target

Edit = tuple[str, float, float, bytes, int]
_MOST_COPIES = 300


def files(target: Target) -> st.SearchStrategy[bytes]:
    """Return files of *target*'s format, none to eight edits away from one of its seeds."""
    edits = st.lists(
        st.tuples(
            st.sampled_from(("insert", "replace", "repeat", "cut", "move", "flip")),
            st.floats(0, 1),
            st.floats(0, 0.3),
            st.one_of(st.sampled_from(target.words), st.binary(max_size=6), _WORDS),
            st.integers(1, _MOST_COPIES),
        ),
        max_size=8,
    )
    return st.builds(edited, st.sampled_from(target.seeds), edits)


_WORDS = st.text(max_size=12).map(lambda text: text.encode("utf-8", "surrogatepass"))


def edited(data: bytes, edits: list[Edit]) -> bytes:
    """Return *data* after *edits*, whose places are shares of its length."""
    for what, place, share, word, count in edits:
        at = int(place * len(data))
        end = min(len(data), at + max(1, int(share * len(data))))
        if what == "insert":
            data = data[:at] + word + data[at:]
        elif what == "replace":
            data = data[:at] + word + data[end:]
        elif what == "repeat":
            data = data[:at] + word * count + data[at:]
        elif what == "cut":
            data = data[:at] + data[end:]
        elif what == "move":
            data = data[:at] + data[end:] + data[at:end]
        else:
            data = (
                data[:at]
                + bytes(byte ^ (1 << count % 8) for byte in data[at : at + 1])
                + (data[at + 1 :])
            )
    return data
