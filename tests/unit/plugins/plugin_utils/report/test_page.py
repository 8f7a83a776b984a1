"""The report's page: what a reader finds on it, and that nothing that a script leaves can spoil it."""

from __future__ import annotations

import html
import os
import re
import urllib.parse

import pytest
from ansible_collections.alparque.festival.plugins.module_utils.jobs.manifest import MANIFEST, manifest
from ansible_collections.alparque.festival.plugins.plugin_utils.report.page import write_report
from ansible_collections.alparque.festival.plugins.plugin_utils.report.timeline import MOST_BARS
from ansible_collections.alparque.festival.tests.unit.finished_job import BEGAN, Stage, eventful, write_job
from ansible_collections.alparque.festival.tests.unit.stranger import NAMES

BAR = re.compile(r'<rect class="bar ([^"]*)"[^>]*><title>([^<]*)</title>')


@pytest.fixture
def page(tmp_path):
    """Return a function that writes a job's report and returns it as text."""
    return lambda stage=None, **facts: write_report(write_job(tmp_path / "job", stage, **facts)).read_text()


def test_every_message_is_a_bar_that_says_what_it_is(page):
    text = page(eventful())
    bars = BAR.findall(text)
    stage = eventful()
    assert len(bars) == sum(event["event"] == "tasks" for event in stage.events)
    assert sum("again" in kinds for kinds, _ in bars) == 1
    assert [title for kinds, title in bars if "failed" in kinds][0].startswith("tasks 17–18, call 2: ")
    assert len({kinds.split()[0] for kinds, _ in bars}) == 3, "a colour for each host"
    assert text.count('<use class="mark" href="#m-lost"') == 2
    assert text.count('<use class="mark" href="#m-restart"') == 1
    assert "11 workers joined" in text


def test_what_is_too_narrow_is_drawn_together_and_said(page):
    stage = Stage(64)
    stage.call(1, 40_000, 0.05)
    text = page(stage)
    bars = BAR.findall(text)
    assert 5000 < len(bars) <= MOST_BARS * 1.1
    (most,) = re.findall(r"each bar is up to (\d+) of them", text)
    assert int(most) > 1
    assert len(text) < 3_000_000
    told = [re.match(r"(?:(\d+) tasks in|task )", title)[1] for _, title in bars]
    assert sum(int(count or 1) for count in told) == 40_000, "no message is missing"


def test_up_to_two_thousand_messages_nothing_is_drawn_together(page):
    stage = Stage(1)
    stage.call(1, 1999, 0.001)
    stage.message(1, 2000, 1, 3600)
    assert len(BAR.findall(page(stage))) == 2000


@pytest.mark.parametrize(
    ("facts", "stage", "words"),
    [
        ({"engine": "ssh"}, None, "Run it with festival_engine=socket to get a timeline."),
        ({"engine": "none"}, None, "This job ran in one container, without workers."),
        ({"state": "failed"}, None, "The job ended before it told anything: the log says why."),
        ({}, Stage(2), "The script gave its workers no task that was completed."),
    ],
)
def test_where_there_is_no_timeline_it_says_why(page, facts, stage, words):
    assert words in page(stage, **facts)


def test_nothing_that_a_script_leaves_is_taken_for_html(page):
    evil = "<script>alert(1)</script>\"'<img src=x>"
    stage = Stage(1)
    stage.join(BEGAN, evil, evil)
    stage.tell("lost", BEGAN + 2, worker=evil, host=evil, cause=evil)
    stage.tell("call", BEGAN + 1, call=1, function=evil, tasks=1)
    stage.tell("failed", BEGAN + 2, call=1, task=1, message=evil)
    stage.message(1, 1, 1, 1.0)
    text = page(stage, log=evil, script=evil, id=evil, state=evil, cause=evil, pool=evil, arguments=[evil])
    assert "<script" not in text and "<img" not in text
    assert text.count(html.escape("<script>alert(1)</script>")) > 10


def test_text_that_is_none_does_not_stop_the_report(page, tmp_path):
    stage = Stage(1)
    stage.tell("lost", BEGAN + 2, worker="\ud800", host="\x00", cause="\x1b[31mred")
    assert "�" not in page(stage, log="a\x1b[32mb\x1b[0m\x00\n10%\r20%\rdone\r\n").split("<pre")[1]
    for name in ("job.json", "session.json", "events.jsonl", "log.txt", "manifest.sha256"):
        (tmp_path / "job" / name).write_bytes(b"\xff\xfe{")
        write_report(tmp_path / "job")
        (tmp_path / "job" / name).unlink()
        write_report(tmp_path / "job")


def test_it_says_who_what_and_with_which_versions(page):
    text = page(eventful())
    for said in ("ana@laptop", "forecast.R --samples 300", "sha256:b74ea183083094f9", "4.5.0, x86_64-pc-linux-gnu"):
        assert said in text
    assert "<li>snow <small>0.4-4</small></li>" in text
    assert '<a href="./output/values%20%26%20more.csv">output/values &amp; more.csv</a> <small>4 bytes</small>' in text
    assert "<title>forecast.R – finished – forecast-3f9a6c21b07d</title>" in text


def test_the_log_of_a_failed_job_comes_first(page):
    text = page(eventful(), state="failed")
    assert text.index('id="log"') < text.index('id="timeline"')
    assert (text := page(eventful())).index('id="log"') > text.index('id="timeline"')


def test_of_a_long_log_the_end_is_shown(page):
    text = page(log="".join(f"line {number}\n" for number in range(10_000)))
    assert "line 9999\n" in text and "line 17\n" not in text
    assert 'the whole is in <a href="./log.txt">' in text


def test_files_of_any_name_are_listed_with_links_that_lead_to_them(tmp_path):
    home = write_job(tmp_path / "job", None)
    for name in NAMES:
        (home / "output" / os.fsdecode(name)).write_bytes(b"1")
    names = [f"output/{os.fsdecode(name)}" for name in NAMES]
    (home / MANIFEST).write_bytes(manifest(dict.fromkeys(names, "0" * 64)))
    links = re.findall(r'<a href="(./output[^"]*)">([^<]*)</a>', write_report(home).read_text())
    assert sorted(urllib.parse.unquote_to_bytes(link) for link, _ in links) == sorted(
        b"./output/" + name for name in NAMES
    )
    shown = [html.unescape(name) for _, name in links]
    assert r"output/two\nlines" in shown and r"output/\xff\xfe not utf-8" in shown and "output/ñandú" in shown


def test_what_did_not_come_home_is_told_with_the_reason(page):
    left = [{"name": f"output/{number}<b>", "why": "a FIFO"} for number in range(100)]
    text = page(left_out=left)
    assert "Not brought home" in text and "<li>output/7&lt;b&gt; <small>a FIFO</small></li>" in text
    assert "Not brought home" not in page(left_out=[])
    assert "Not brought home" not in page()
