import { openSealedFile, SealedFileError } from '../platform/object-store/index.js';
import { CommandError } from './errors.js';

/** `dovecote open-export`: decrypts an export of an organization, on any machine. */
export async function openExportCommand(
  file: string,
  { key, out }: { key: string; out: string },
): Promise<string> {
  const bytes = Buffer.from(key, 'base64url');
  if (bytes.length !== 32) throw new CommandError('--key must be the decryption_key of the request.');
  try {
    await openSealedFile(file, bytes, out);
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException;
    if (error instanceof SealedFileError || code === 'ENOENT') throw new CommandError(message);
    throw error;
  }
  return `Wrote ${out}: a ZIP of JSON lines.`;
}
