# A document with R in it: rendered where it lies, so that its page comes home as all that is written there does.

render_document <- function(document = Sys.getenv("FESTIVAL_DOCUMENT")) {
  quarto <- Sys.which("quarto")
  if (is_quarto(document) && nzchar(quarto)) {
    if (system2(quarto, c("render", shQuote(document)))) stop("quarto could not render ", document, ": its words are above", call. = FALSE)
    return(invisible(document))
  }
  if (!requireNamespace("rmarkdown", quietly = TRUE)) {
    stop(document, " needs the package rmarkdown: put it into images_r_packages and run playbooks/festival.yml", call. = FALSE)
  }
  source <- as_markdown(document)
  on.exit(if (source != document) unlink(source))
  invisible(rmarkdown::render(source, envir = globalenv(), quiet = TRUE))
}

is_quarto <- function(document) grepl("\\.qmd$", document, ignore.case = TRUE)

# The name of a file that rmarkdown takes, with the same text. knitr reads Quarto's options of chunks as well.
as_markdown <- function(document) {
  if (!is_quarto(document)) return(document)
  plain <- sub("\\.[^.]*$", ".Rmd", document)
  if (file.exists(plain)) stop("Without Quarto ", document, " is rendered as ", plain, ", and that is there. Rename one of them.", call. = FALSE)
  file.copy(document, plain)
  plain
}
