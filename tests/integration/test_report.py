"""The report as a reader sees it, in a real browser that may ask for nothing else."""

from __future__ import annotations

import re
import typing as t
from pathlib import Path

import pytest
from ansible_collections.alparque.festival.plugins.plugin_utils.report.page import write_report
from ansible_collections.alparque.festival.tests.unit.finished_job import (
    HOSTS,
    MPI_JOB,
    Recorded,
    Stage,
    eventful,
    write_job,
)
from browser import Browser, chromium

SCHEMES = ("light", "dark")
#: The least contrast of text (WCAG 2.1, AA), and of what is drawn.
TEXT, GRAPHIC = 4.5, 3.0

CONTRAST = """
(() => {
  const canvas = document.createElement('canvas').getContext('2d', {willReadFrequently: true});
  const parts = colour => {
    canvas.clearRect(0, 0, 1, 1); canvas.fillStyle = colour; canvas.fillRect(0, 0, 1, 1);
    return [...canvas.getImageData(0, 0, 1, 1).data];
  };
  const luminance = colour => parts(colour).slice(0, 3).map(c => c / 255)
    .map(c => c <= .04045 ? c / 12.92 : ((c + .055) / 1.055) ** 2.4)
    .reduce((sum, c, i) => sum + c * [.2126, .7152, .0722][i], 0);
  const behind = node => {
    for (; node; node = node.parentElement) {
      const colour = getComputedStyle(node).backgroundColor;
      if (parts(colour)[3] === 255) return colour;
    }
    return 'white';
  };
  const contrast = (a, b) => { const [x, y] = [luminance(a), luminance(b)].sort((p, q) => q - p); return (x + .05) / (y + .05); };
  const least = (selector, property) => [...document.querySelectorAll(selector)]
    .map(node => [contrast(getComputedStyle(node)[property], behind(node)), node.outerHTML.slice(0, 90)])
    .sort((a, b) => a[0] - b[0])[0];
  return {text: least('p, h1, h2, dt, dd, small, td, th, li, pre, code, summary, time, .state, a', 'color'),
          graphic: least('rect.bar:not(.odd), rect.busy, circle, path.join', 'fill')};
})()
"""


@pytest.fixture(scope="module")
def browser() -> t.Iterator[Browser]:
    with chromium() as found:
        yield found


def opened(
    browser: Browser, folder: Path, stage: Stage | Recorded | None, scheme: str = "light", **facts: t.Any
) -> str:
    """Write a report, open it, see that it is content with itself; return the text that a reader sees."""
    page = write_report(write_job(folder, stage, **facts)).as_uri()
    browser.open(page, scheme)
    assert browser.complaints() == []
    assert [address for address in browser.requests() if address not in (page, "data:,")] == []
    # innerText has no words of parts that are not shown.
    return browser.ask("document.body.innerText")


@pytest.mark.parametrize("scheme", SCHEMES)
def test_what_a_reader_sees(browser: Browser, tmp_path: Path, scheme: str) -> None:
    stage = eventful()
    text = opened(browser, tmp_path, stage, scheme)
    assert browser.ask("document.title") == "forecast.R – finished – forecast-3f9a6c21b07d"
    messages = sum(event["event"] == "tasks" for event in stage.events)
    visible = "[...document.querySelectorAll('rect.bar')].filter(bar => bar.getBoundingClientRect().width > 0).length"
    assert browser.ask(visible) == messages
    assert browser.ask("[...document.querySelectorAll('.legend .host')].map(host => host.innerText)") == [*HOSTS]
    colours = (
        "new Set([...document.querySelectorAll('rect.bar:not(.failed)')].map(bar => getComputedStyle(bar).fill)).size"
    )
    assert browser.ask(colours) == len(HOSTS)
    assert "2 workers were lost; what they held was done by others. The master was started again once." in text
    assert "Error in f(x) : no guitar for <b>mana</b>" in text
    assert browser.ask("document.querySelectorAll('script, b b').length") == 0


@pytest.mark.parametrize("scheme", SCHEMES)
def test_it_can_be_read(browser: Browser, tmp_path: Path, scheme: str) -> None:
    opened(browser, tmp_path, eventful(), scheme)
    assert (browser.ask("getComputedStyle(document.body).backgroundColor") == "rgb(246, 247, 249)") == (
        scheme == "light"
    )
    least = browser.ask(CONTRAST)
    assert least["text"][0] >= TEXT, least["text"]
    assert least["graphic"][0] >= GRAPHIC, least["graphic"]


@pytest.mark.parametrize("width", [360, 1280])
def test_it_fits_the_window(browser: Browser, tmp_path: Path, width: int) -> None:
    browser.tell("Emulation.setDeviceMetricsOverride", width=width, height=800, deviceScaleFactor=1, mobile=False)
    opened(browser, tmp_path, eventful())
    assert browser.ask("document.documentElement.scrollWidth - document.documentElement.clientWidth") == 0
    browser.tell("Emulation.clearDeviceMetricsOverride")


def test_ten_thousand_tasks_on_64_workers_open_at_once(browser: Browser, tmp_path: Path) -> None:
    stage = Stage(64)
    stage.call(1, 10_000, 0.2)
    text = opened(browser, tmp_path, stage)
    assert "10,000 messages; where they are too narrow to tell apart, each bar is up to" in text
    assert browser.ask("performance.getEntriesByType('navigation')[0].loadEventEnd") < 5000


@pytest.mark.parametrize("scheme", SCHEMES)
def test_an_mpi_job_that_was_run_twice(browser: Browser, tmp_path: Path, scheme: str) -> None:
    text = opened(browser, tmp_path, Recorded("mpi_events_killed"), scheme, **MPI_JOB)
    assert (
        "In run 1 rank 5 on fabulosos-cadillacs ended by signal 9 after 4.5 s;" in text and "Run 2 ended well." in text
    )
    bars = "[...document.querySelectorAll('rect.bar{}')].filter(bar => bar.getBoundingClientRect().width > 0).length"
    kinds = ("", ".failed", ".failed:not(.after)", ".unended")
    assert [browser.ask(bars.format(kind)) for kind in kinds] == [24, 8, 1, 4]
    assert browser.ask("document.querySelector('.names code.first').innerText") == "rank 5"
    assert browser.ask("document.querySelectorAll('[aria-labelledby=ranks] tbody tr').length") == 24
    assert not re.search(r"\b(workers?|tasks?|speed-up)\b", text), "an MPI job has ranks"
    least = browser.ask(CONTRAST)
    assert least["text"][0] >= TEXT and least["graphic"][0] >= GRAPHIC, least


def test_a_job_without_events(browser: Browser, tmp_path: Path) -> None:
    text = opened(browser, tmp_path, None, engine="ssh", state="failed", log="Error: no guitar\n")
    assert "festival_engine=socket to get a timeline" in text
    assert text.index("Error: no guitar") < text.index("Timeline")


def test_a_script_in_the_page_would_not_run_and_would_be_noticed(browser: Browser, tmp_path: Path) -> None:
    page = write_report(write_job(tmp_path, eventful()))
    spoilt = "<script>document.title = 'spoilt'</script><img src='http://192.0.2.1/x.png'></body>"
    page.write_text(page.read_text(encoding="utf-8").replace("</body>", spoilt), encoding="utf-8")
    browser.open(page.as_uri())
    assert browser.ask("document.title") != "spoilt"
    assert len(browser.complaints()) >= 2
