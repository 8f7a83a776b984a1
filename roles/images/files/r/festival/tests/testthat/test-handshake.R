TOKEN <- charToRaw(strrep("0123456789abcdef", 4))
OTHER <- charToRaw(strrep("fedcba9876543210", 4))

# Two ends of one connection.
socket_pair <- function(env = parent.frame()) {
  port <- free_port()
  server <- serverSocket(port)
  dialler <- festival:::dial("127.0.0.1", port, 5)
  dialled <- socketAccept(server, blocking = TRUE, open = "a+b", timeout = 5)
  close(server)
  at_end(function() for (con in list(dialler, dialled)) festival:::hang_up(con), env)
  list(dialler = dialler, dialled = dialled)
}

# What the dialled side makes of an answer to its challenge.
judge_answer <- function(answer, token = TOKEN) {
  pair <- socket_pair()
  peer <- festival:::greet(pair$dialled)
  challenge <- readBin(pair$dialler, "raw", festival:::CHALLENGE)
  writeBin(answer(challenge[-seq_along(festival:::MAGIC)]), pair$dialler)
  Sys.sleep(0.05)
  verdict <- festival:::judge_stranger(peer, token)
  list(verdict = verdict, peer = peer, proof = if (isTRUE(verdict)) readBin(pair$dialler, "raw", festival:::PROOF))
}

# An answer as introduce() gives it.
honest <- function(token, hello = "worker w/1 here 7") function(theirs) {
  ours <- festival:::new_nonce()
  c(ours, festival:::pad(hello), festival:::proof_of("dialler", token, theirs, ours, festival:::pad(hello)))
}

# What introduce() makes of somebody who answers with reply(challenge, answer).
introduce_to <- function(reply, token = TOKEN) {
  pair <- socket_pair()
  challenge <- c(festival:::MAGIC, festival:::new_nonce())
  writeBin(challenge, pair$dialled)
  impostor <- parallel::mcparallel({
    answer <- readBin(pair$dialled, "raw", festival:::ANSWER)
    writeBin(reply(challenge, answer), pair$dialled)
  }, detached = TRUE)
  festival:::introduce(pair$dialler, token, "worker")
}

test_that("HMAC-SHA256 is that of RFC 4231", {
  hex <- function(bytes) paste(bytes, collapse = "")
  expect_identical(hex(festival:::hmac(charToRaw("Jefe"), charToRaw("what do ya want for nothing?"))),
    "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843")
  long <- charToRaw("Test Using Larger Than Block-Size Key - Hash Key First")
  expect_identical(hex(festival:::hmac(as.raw(rep(0xaa, 131)), long)), "60e431591ee0b67f0d8a26aacbf5b77f8e0bc6213728c5140546040f0ee37f54")
})

test_that("whoever has the token is let in, and knows the other", {
  judged <- judge_answer(honest(TOKEN))
  expect_true(judged$verdict)
  expect_identical(judged$peer$hello, c("worker", "w/1", "here", "7"))
  prove <- function(challenge, answer) {
    ours <- answer[seq_len(festival:::NONCE)]
    hello <- answer[festival:::NONCE + seq_len(festival:::HELLO)]
    festival:::proof_of("dialled", TOKEN, ours, challenge[-seq_along(festival:::MAGIC)], hello)
  }
  expect_true(introduce_to(prove))
  expect_false(introduce_to(prove, token = OTHER))
})

test_that("a stranger is sent away", {
  expect_false(judge_answer(honest(OTHER))$verdict)
  expect_false(judge_answer(function(theirs) as.raw(sample(0:255, festival:::ANSWER, TRUE)))$verdict)
  garbage <- serialize(quote(stop("evaluated")), NULL)
  expect_false(judge_answer(function(theirs) rep(garbage, length.out = festival:::ANSWER))$verdict)
})

test_that("a changed hello is no longer proven", {
  expect_false(judge_answer(function(theirs) {
    answer <- honest(TOKEN)(theirs)
    answer[festival:::NONCE + 1L] <- xor(answer[festival:::NONCE + 1L], as.raw(1L))
    answer
  })$verdict)
})

test_that("proofs can't be reflected or used again", {
  # The dialler's own proof sent back to it.
  expect_false(introduce_to(function(challenge, answer) utils::tail(answer, festival:::PROOF)))
  # The dialled side's nonce and proof, got in one connection, as the answer in another.
  first <- judge_answer(honest(TOKEN))
  expect_false(judge_answer(function(theirs) c(first$peer$nonce, festival:::pad("worker w/1 here 7"), first$proof))$verdict)
  # An answer that was right once, heard by somebody else.
  heard <- NULL
  expect_true(judge_answer(function(theirs) heard <<- honest(TOKEN)(theirs))$verdict)
  expect_false(judge_answer(function(theirs) heard)$verdict)
})

test_that("a slow stranger holds nobody up, and is sent away in time", {
  pair <- socket_pair()
  peer <- festival:::greet(pair$dialled)
  expect_lt(system.time(verdict <- festival:::judge_stranger(peer, TOKEN))[[3]], 0.5)
  expect_identical(verdict, NA)
  writeBin(as.raw(1:10), pair$dialler)
  Sys.sleep(0.05)
  expect_identical(festival:::judge_stranger(peer, TOKEN), NA)
  expect_length(peer$bytes, 10)
  peer$since <- peer$since - festival:::PATIENCE - 1
  expect_false(festival:::judge_stranger(peer, TOKEN))
  festival:::hang_up(pair$dialler)
  expect_false(festival:::judge_stranger(festival:::greet(socket_pair()$dialled), TOKEN) %in% TRUE)
})

test_that("a server that is not one of us is left alone", {
  pair <- socket_pair()
  writeBin(charToRaw(strrep("HTTP/1.1 400 Bad Request\r\n", 4)), pair$dialled)
  expect_false(festival:::introduce(pair$dialler, TOKEN, "worker"))
  expect_error(festival:::pad(strrep("x", festival:::HELLO + 1)), "too long")
})

test_that("a token that is none is an error", {
  path <- tempfile()
  expect_error(festival:::read_token(path), "not there. Run playbooks/trust.yml")
  writeLines("short", path)
  expect_error(festival:::read_token(path), "too short")
  writeLines(rawToChar(TOKEN), path)
  expect_identical(festival:::read_token(path), TOKEN)
})
