"""Reads ``events.jsonl`` as it grows: pieces of it go in, the job's story and what is new in it come out."""

from __future__ import annotations

import codecs
import typing as t

from ansible_collections.alparque.festival.plugins.module_utils.events.lines import Lines
from ansible_collections.alparque.festival.plugins.module_utils.events.story import Mark, Story
from ansible_collections.alparque.festival.plugins.module_utils.events.values import NO_EVENT, event_of

#: Any story: who gives one to be read into gets it back.
AnyStory = t.TypeVar("AnyStory", bound=Story)

PIECE = 1 << 20


class Reader(t.Generic[AnyStory]):
    """Takes pieces of the stream, however they are cut. What it does not know or understand it leaves out."""

    def __init__(self, story: AnyStory) -> None:
        self.story = story
        self._lines = Lines()
        self._decode = codecs.getincrementaldecoder("utf-8")("replace").decode

    def feed(self, piece: bytes | str) -> list[Mark]:
        """Take the next piece; return what a user should be told at once."""
        self._read(self._lines.feed(piece if isinstance(piece, str) else self._decode(piece)))
        news, self.story.news = self.story.news, []
        return news

    def close(self) -> AnyStory:
        """Return the story, for which nothing more comes."""
        self._read([self._lines.rest()])
        self.story.close()
        return self.story

    def _read(self, lines: list[str]) -> None:
        take = self.story.take
        for line in lines:
            try:
                take(event_of(line))
            except NO_EVENT:
                # The stream is a file of the script's: a line that is none of ours is no reason to stop.
                continue


def read_events(stream: t.BinaryIO, story: AnyStory) -> AnyStory:
    """Return the story with all that a file of events tells."""
    reader = Reader(story)
    while piece := stream.read(PIECE):
        reader.feed(piece)
    return reader.close()
