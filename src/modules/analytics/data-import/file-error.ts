/** The file as a whole cannot be read; the message is for the caller. */
export class FileError extends Error {}
