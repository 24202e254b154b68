/** A refusal in ClickHouse's words: its code and name, which clients match on, and a text for people. */
export class Exception extends Error {
  override name = 'Exception';

  constructor(
    readonly code: number,
    /** ClickHouse's name of the code, as `UNKNOWN_TABLE`. */
    readonly type: string,
    message: string,
    options?: ErrorOptions,
  ) {
    super(message, options);
  }
}

/** The engine's error with its code, a file's error with the code that a server has for it; others are LOGICAL_ERRORs. */
export function exceptionOf(error: unknown): Exception {
  if (error instanceof Exception) return error;
  const message = error instanceof Error ? error.message : String(error);
  const ofFile = error instanceof Error ? exceptionOfFile(error) : undefined;
  if (ofFile !== undefined) return ofFile;
  const found = /^Code: (\d+)\. DB::Exception: (.*) \(([A-Z0-9_]+)\)\s*$/s.exec(message);
  if (found === null) return new Exception(49, 'LOGICAL_ERROR', message, { cause: error });
  return new Exception(Number(found[1]), found[3]!, found[2]!);
}

/** Clients must not take the rows for the cause. */
function exceptionOfFile(error: NodeJS.ErrnoException): Exception | undefined {
  const { code, syscall, path } = error;
  // A file that is written to after it was opened has no path in its errors.
  if (path === undefined && syscall !== 'write' && syscall !== 'fsync') return undefined;
  if (code === 'ENOSPC' || code === 'EDQUOT')
    return new Exception(243, 'NOT_ENOUGH_SPACE', 'No space left on device.', { cause: error });
  const message = `A temporary file cannot be written: ${code} (${syscall}).`;
  return new Exception(75, 'CANNOT_WRITE_TO_FILE_DESCRIPTOR', message, { cause: error });
}

/** The text as a ClickHouse server sends it and as clients parse it. */
export function exceptionText({ code, type, message }: Exception, version: string): string {
  return `Code: ${code}. DB::Exception: ${message} (${type}) (version ${version})\n`;
}

/** Exceptions that say that the request is wrong: a failed parse, an unknown type, a value out of range. */
const badRequest = [
  6, 10, 15, 25, 26, 27, 36, 38, 41, 44, 53, 62, 72, 117, 167, 168, 223, 224, 321, 376, 427,
];
const unavailable = [76, 202, 209, 439];
const notFound = [46, 47, 50, 56, 60, 73, 81, 106, 115, 119, 124, 182, 63, 511];

const statuses: ReadonlyMap<number, number> = new Map([
  ...[...badRequest, 69, 70, 469, 676, 677].map((code) => [code, 400] as const),
  ...notFound.map((code) => [code, 404] as const),
  ...unavailable.map((code) => [code, 503] as const),
  [194, 401],
  ...[192, 193, 497, 516].map((code) => [code, 403] as const),
  [48, 501],
  [159, 408],
  [229, 413],
]);

/** The HTTP status of an exception; 500 for what the table does not list, as a ClickHouse server does. */
export function statusOf(code: number): number {
  return statuses.get(code) ?? 500;
}
