"""Files that R can run: scripts by their ending or first line, and documents with R in them. Anything else is told by its kind."""

from __future__ import annotations

from pathlib import Path

from ansible_collections.alparque.festival.plugins.module_utils.findings import Finding, Findings, warning

#: Endings, in lower case, of R's scripts, and of documents whose chunks are R.
SCRIPTS, DOCUMENTS = (".r", ".q", ".s"), (".rmd", ".qmd")
#: What can be given, in words.
CHOICE = (
    "Name an R script (.R), a document (.Rmd, .qmd), or a text without an ending; what it reads belongs into job_files"
)
#: Kinds that are given by mistake: ending → what to do.
STEPS = {
    ".ipynb": "A notebook: write its code to a script (jupyter nbconvert --to script), and name that",
    ".rdata": "Saved data: name the script that loads it, and this in job_files",
    ".rds": "Saved data: name the script that reads it, and this in job_files",
    ".rproj": "A project of RStudio: name the script in it, and what goes with it in job_files",
}
#: Bytes by which a kind is known; a script that is longer is read no further.
LOOK = 4 << 20


def is_document(name: str) -> bool:
    """Say whether a file is a document with R in it, by its name."""
    return Path(name).suffix.lower() in DOCUMENTS


def is_r(name: str) -> bool:
    """Say whether a file is R's, a script or a document, by its name."""
    return Path(name).suffix.lower() in (*SCRIPTS, *DOCUMENTS)


def judge_r(script: Path) -> Findings:
    """Find why R cannot run a readable file, or may read it wrongly."""
    with script.open("rb") as file:
        text = file.read(LOOK)
    ending, first = script.suffix.lower(), text.split(b"\n", 1)[0]
    if not text.strip():
        yield Finding(f"job_script is {script.name}, an empty file. Write into it what is to be done, or name another.")
    elif b"\0" in text:
        yield Finding(f"job_script is {script.name}, no text. {STEPS.get(ending, CHOICE)}.")
    elif ending and not is_r(script.name) and not (first.startswith(b"#!") and b"Rscript" in first):
        yield Finding(
            f"job_script is {script.name}, whose ending is not that of an R script. {STEPS.get(ending, CHOICE)}."
        )
    else:
        yield from _judge_encoding(script, text)


def _judge_encoding(script: Path, text: bytes) -> Findings:
    """Find the first line that is no UTF-8, which R takes for it. Private."""
    try:
        text.decode()
    except UnicodeDecodeError as error:
        # A character that the look has cut in two is whole in the file.
        if error.start < LOOK - 4:
            line = text.count(b"\n", 0, error.start) + 1
            yield warning(
                f"{script.name} is not UTF-8 in line {line}, which R will read wrongly if it is more than a comment. Where it is Latin-1: "
                f"iconv -f latin1 -t utf-8 {script.name} -o new-{script.name}"
            )
