// Messages that cost their reader more than their sender.
export const KiB = 1024;
export const MiB = 1024 * KiB;

/** Arrays inside each other under a field that exists; the text is complete. */
export function deepJson(field: string, levels: number): string {
  return `{"${field}":${'['.repeat(levels)}${']'.repeat(levels)}}`;
}

/** As many as fit; with a name that nobody knows for each. */
export function wideObject(count: number, nameOf: (index: number) => string): string {
  return `{${Array.from({ length: count }, (_, index) => `"${nameOf(index)}":1`).join()}}`;
}

export function wideArray(field: string, count: number, element: string): string {
  return `{"${field}":[${Array.from({ length: count }, () => element).join()}]}`;
}

/** The same few bytes of the binary format again and again. */
export function repeated(bytes: readonly number[], count: number): Buffer {
  return Buffer.alloc(bytes.length * count, Buffer.from(bytes));
}
