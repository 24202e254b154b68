/** The engine cannot start; the message tells the operator what to do. */
export class EmbeddedClickHouseError extends Error {
  override name = 'EmbeddedClickHouseError';
}

/** Another process has the data folder open. */
export class AlreadyRunningError extends EmbeddedClickHouseError {
  override name = 'AlreadyRunningError';
}

/** Another process listens on the port. */
export class PortInUseError extends EmbeddedClickHouseError {
  override name = 'PortInUseError';
}

/** There is no engine for this platform. */
export class UnsupportedPlatformError extends EmbeddedClickHouseError {
  override name = 'UnsupportedPlatformError';
}
