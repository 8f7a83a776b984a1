"""What is printed, and in which order."""

from __future__ import annotations

from festival_mpi.launcher import log


def test_lines_are_printed_as_they_are_and_in_their_order(capfdbinary):
    log.write(b"a\n", b"\xff\r\n")
    log.say("said")
    log.write()
    log.write(b"b\n")
    assert capfdbinary.readouterr().out == b"a\n\xff\r\nsaid\nb\n"


def test_the_name_of_a_file_need_not_be_text(capfdbinary):
    log.say(b"caf\xe9".decode(errors="surrogateescape") + " ñ")
    assert capfdbinary.readouterr().out == b"caf\xe9 " + "ñ\n".encode()
