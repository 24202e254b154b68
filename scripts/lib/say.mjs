const started = Date.now();

/** One line of progress on standard error, so that standard output belongs to what is being run. */
export function say(text) {
  process.stderr.write(`[dovecote] ${text}\n`);
}

export function seconds() {
  return `${((Date.now() - started) / 1000).toFixed(1)} s`;
}

/** Ends with a sentence instead of a stack. */
export function stop(text) {
  say(text);
  process.exit(1);
}
