test_that("any text is JSON", {
  expect_identical(festival:::json_text("a \"b\" \\ c\nd\te"), "\"a \\\"b\\\" \\\\ c\\nd e\"")
  expect_identical(festival:::json_text("caf\u00e9"), "\"caf\u00e9\"")
  expect_true(validEnc(festival:::json_text("caf\xe9")))
})

test_that("any value is JSON", {
  expect_identical(festival:::json(NULL), "null")
  expect_identical(festival:::json(NA), "null")
  expect_identical(festival:::json(TRUE), "true")
  expect_identical(festival:::json(1000000L), "1000000")
  expect_identical(festival:::json(1785000000.1234), "1785000000.123")
  expect_identical(festival:::json(Inf), "null")
  expect_identical(festival:::json(c(1L, 2L), many = TRUE), "[1,2]")
  expect_identical(festival:::json("a", many = TRUE), "[\"a\"]")
})

test_that("progress takes what people give it", {
  pool <- new_pool()
  done <- expect_well(run_script(pool, {
    festival::festival_progress(3, 10, "hello \"w\"")
    festival::festival_progress(message = c("two", "parts"))
    festival::festival_progress(1L, Inf, 5)
    festival::festival_result(4)
  }))
  told <- of_kind(done$events, "progress")
  expect_match(told[1], "\"done\":3,\"total\":10,\"message\":\"hello \\\\\"w\\\\\"\"")
  expect_match(told[2], "\"done\":null,\"total\":null,\"message\":\"two parts\"")
  expect_match(told[3], "\"total\":null,\"message\":\"5\"")
  expect_length(of_kind(done$events, "start"), 1)
  expect_length(of_kind(done$events, "end"), 1)
  expect_identical(done$value, 4)
})

test_that("a script that fails has no end and no value", {
  done <- run_script(new_pool(), stop("no luck"))
  expect_equal(done$code, 1L)
  expect_null(done$value)
  expect_length(of_kind(done$events, "end"), 0)
})
