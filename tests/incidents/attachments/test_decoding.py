"""One picture is decoded at a time, since each may need 160 MB."""

import pytest

from incidents.attachments import pictures
from incidents.attachments.reading import read_file
from refusals.errors import TooMany
from tests.incidents.attachments.files import picture


def test_a_picture_waits_for_others_and_not_for_ever(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pictures, "WAITS_S", 0.05)
    with pictures._one_at_a_time, pytest.raises(TooMany) as many:
        read_file("graph.png", picture())
    assert many.value.seconds == 6
    # Others are read beside it, and pictures again when it is over.
    with pictures._one_at_a_time:
        assert read_file("a.txt", b"a").content == b"a"
    assert read_file("graph.png", picture()).small
