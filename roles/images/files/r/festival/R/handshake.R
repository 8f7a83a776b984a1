# Whoever dials and whoever is dialled prove to each other that they hold the pool's token, on raw bytes, before
# anything is unserialized: unserialize() runs code. The token itself never travels. Challenge and response with
# HMAC-SHA256 (RFC 2104):
#
#   dialled -> dialler   MAGIC, nonce A
#   dialler -> dialled   nonce D, hello (padded), HMAC(token, "dialler" A D hello)
#   dialled -> dialler   HMAC(token, "dialled" D A hello)

MAGIC <- charToRaw("FESTIVAL1\n")
NONCE <- 32L
PROOF <- 32L
HELLO <- 160L
CHALLENGE <- length(MAGIC) + NONCE
ANSWER <- NONCE + HELLO + PROOF

#: Seconds that a stranger may take over the handshake.
PATIENCE <- 5

read_token <- function(path = setting("FESTIVAL_TOKEN_FILE", "/run/secrets/festival_token")) {
  if (!file.exists(path)) {
    stop("The pool's token ", path, " is not there. Run playbooks/trust.yml and playbooks/workers.yml.", call. = FALSE)
  }
  token <- trimws(readChar(path, 1024L, useBytes = TRUE))
  if (nchar(token) < 32L) stop("The pool's token ", path, " is too short to be one.", call. = FALSE)
  charToRaw(token)
}

new_nonce <- function() {
  source <- file("/dev/urandom", "rb", raw = TRUE)
  on.exit(close(source))
  readBin(source, "raw", NONCE)
}

sha256 <- function(bytes) {
  hex <- tools::sha256sum(bytes = bytes)
  as.raw(strtoi(substring(hex, seq(1L, 63L, 2L), seq(2L, 64L, 2L)), 16L))
}

hmac <- function(key, message) {
  if (length(key) > 64L) key <- sha256(key)
  key <- c(key, raw(64L - length(key)))
  sha256(c(xor(key, as.raw(0x5c)), sha256(c(xor(key, as.raw(0x36)), message))))
}

# Compare in a time that does not tell where the difference is.
same_bytes <- function(a, b) length(a) == length(b) && sum(as.integer(xor(a, b))) == 0L

proof_of <- function(role, token, first, second, hello) hmac(token, c(charToRaw(role), first, second, hello))

pad <- function(hello) {
  bytes <- charToRaw(hello)
  if (length(bytes) > HELLO) stop("A hello of ", length(bytes), " bytes is too long.", call. = FALSE)
  c(bytes, rep(as.raw(0x20), HELLO - length(bytes)))
}

# The dialled side: greet, and remember what the answer has to be made from.
greet <- function(con) {
  peer <- new.env(parent = emptyenv())
  peer$con <- con
  peer$kind <- "stranger"
  peer$nonce <- new_nonce()
  peer$bytes <- raw()
  peer$text <- raw()
  peer$since <- now()
  writeBin(c(MAGIC, peer$nonce), con)
  peer
}

# Take in what a stranger has answered so far. Returns NA: not all is there yet; FALSE: send it away; TRUE: it is one
# of us, and knows that we are, and peer$hello says who it is.
judge_stranger <- function(peer, token) {
  bytes <- arrived(peer$con, ANSWER - length(peer$bytes))
  if (is.null(bytes)) return(FALSE)
  peer$bytes <- c(peer$bytes, bytes)
  if (length(peer$bytes) < ANSWER) return(if (now() - peer$since > PATIENCE) FALSE else NA)
  theirs <- peer$bytes[seq_len(NONCE)]
  hello <- peer$bytes[NONCE + seq_len(HELLO)]
  proof <- peer$bytes[NONCE + HELLO + seq_len(PROOF)]
  if (!same_bytes(proof, proof_of("dialler", token, peer$nonce, theirs, hello))) return(FALSE)
  writeBin(proof_of("dialled", token, theirs, peer$nonce, hello), peer$con)
  peer$hello <- strsplit(trimws(rawToChar(hello)), " ", fixed = TRUE)[[1L]]
  TRUE
}

# The dialling side: prove who we are, and see that the other side is the pool's. It waits; returns FALSE where it is
# not.
introduce <- function(con, token, ...) {
  peer <- new_dialler(con, token, ...)
  answered <- answer_challenge(peer, readBin(con, "raw", CHALLENGE))
  answered && same_bytes(readBin(con, "raw", PROOF), peer$expected)
}

new_dialler <- function(con, token, ...) {
  list2env(list(con = con, token = token, hello = pad(paste(...)), bytes = raw(), text = raw(), expected = NULL, met = FALSE),
    parent = emptyenv())
}

# Answer a challenge and note by which proof the other side will be known. FALSE: this is nobody of ours.
answer_challenge <- function(peer, challenge) {
  if (length(challenge) < CHALLENGE || !same_bytes(challenge[seq_along(MAGIC)], MAGIC)) return(FALSE)
  theirs <- challenge[-seq_along(MAGIC)]
  ours <- new_nonce()
  writeBin(c(ours, peer$hello, proof_of("dialler", peer$token, theirs, ours, peer$hello)), peer$con)
  peer$expected <- proof_of("dialled", peer$token, ours, theirs, peer$hello)
  TRUE
}

# The same without waiting, for one who has others to hear: take in what has come so far. FALSE: this is nobody of
# ours, or gone.
introduce_further <- function(peer) {
  bytes <- arrived(peer$con, (if (is.null(peer$expected)) CHALLENGE else PROOF) - length(peer$bytes))
  if (is.null(bytes)) return(FALSE)
  peer$bytes <- c(peer$bytes, bytes)
  if (is.null(peer$expected)) {
    if (length(peer$bytes) < CHALLENGE) return(TRUE)
    challenge <- peer$bytes
    peer$bytes <- raw()
    return(answer_challenge(peer, challenge))
  }
  if (length(peer$bytes) < PROOF) return(TRUE)
  peer$met <- same_bytes(peer$bytes, peer$expected)
}
