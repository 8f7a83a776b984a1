# Print what lintr finds in the files that are named: what can be wrong, and what the sources are written like. That names exist
# is R CMD check's matter, which knows the whole package.
library(lintr)

linters <- list(
  assignment_linter(), class_equals_linter(), duplicate_argument_linter(), equals_na_linter(), expect_null_linter(),
  line_length_linter(160), missing_argument_linter(), no_tab_linter(), single_quotes_linter(), seq_linter(),
  sprintf_linter(), T_and_F_symbol_linter(), trailing_blank_lines_linter(), trailing_whitespace_linter(), unreachable_code_linter(),
  vector_logic_linter()
)
for (path in commandArgs(TRUE)) {
  for (found in lint(path, linters = linters, parse_settings = FALSE)) {
    cat(sprintf("%s:%d: %s (%s)\n", path, found$line_number, found$message, found$linter))
  }
}
