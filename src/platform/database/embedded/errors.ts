/** The embedded database cannot start; the message tells the operator what to do. */
export class EmbeddedPostgresError extends Error {
  override name = 'EmbeddedPostgresError';
}

/** Another process holds the data folder. */
export class AlreadyRunningError extends EmbeddedPostgresError {
  override name = 'AlreadyRunningError';
  constructor(readonly pid: number) {
    super(
      `Dovecote is already running in this folder (process ${pid}). Stop it first, or start this one with another DATA_DIR and PORT.`,
    );
  }
}
