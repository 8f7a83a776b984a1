# A script that installs packages is told where that belongs.

test_that("what install.packages() cannot do is told, and it does what it ever did", {
  pool <- local_pool(1L)
  done <- expect_well(run_script(pool, {
    asked <- c("zoo", "readxl")
    said <- tryCatch(install.packages(asked, repos = "file:///nowhere", lib = tempdir()), error = identity, warning = identity)
    inherits(said, "condition")
  }))
  expect_true(done$value)
  expect_match(done$output, "images_r_packages: [zoo, readxl]", fixed = TRUE)
})
