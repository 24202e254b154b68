import { promisify } from 'node:util';
import { gunzip as gunzipCallback, gzip as gzipCallback } from 'node:zlib';
import { Code, ConnectError } from '@connectrpc/connect';
import type { Compression } from '@connectrpc/connect/protocol';

const compress = promisify(gzipCallback);
const decompress = promisify(gunzipCallback);

export const gzip: Compression = {
  name: 'gzip',

  compress: (bytes) => compress(bytes),

  async decompress(bytes, readMaxBytes) {
    if (bytes.length === 0) return new Uint8Array();
    try {
      // Stops inflating at the limit: a small bomb never becomes a large buffer.
      return await decompress(bytes, { maxOutputLength: readMaxBytes });
    } catch (error) {
      throw isTooLarge(error)
        ? new ConnectError(
            `message is larger than ${readMaxBytes} bytes after decompression`,
            Code.ResourceExhausted,
          )
        : new ConnectError('the message is not valid gzip', Code.InvalidArgument);
    }
  },
};

function isTooLarge(error: unknown): boolean {
  return (
    typeof error === 'object' && error !== null && 'code' in error && error.code === 'ERR_BUFFER_TOO_LARGE'
  );
}
