import {
  checkFiles,
  describeNewer,
  type Manifest,
  openTarget,
  readManifest,
} from '../../platform/backup/index.js';
import type { Config } from '../../platform/config/index.js';
import { readAcceptedKey, readMasterKey } from '../../platform/data-folder/index.js';
import { keyOfCheck } from '../../platform/database/master-key-check.js';
import { CommandError } from '../errors.js';
import { masterKeyName, summaryOf } from './back-up.js';

/** `dovecote restore --check`: reads all of a backup and says whether it can be restored here. Writes nothing. */
export async function checkCommand(
  config: Config,
  place: string,
  print: (line: string) => void,
): Promise<void> {
  const target = await openTarget(place, config);
  const signed = await readManifest(target);
  const { manifest } = signed;
  const newer = describeNewer(manifest);
  if (newer) throw new CommandError(newer);
  const masterKey = await readMasterKey(config);
  const key = masterKey && keyOfManifest(manifest, masterKey, config);
  if (masterKey && !key) throw new CommandError(otherKey);
  if (key && !signed.isSignedWith(key)) throw new CommandError(unsigned);
  const { files, bytes } = await checkFiles(target, manifest);
  print(
    `${files} files with ${bytes} bytes are as they were written: ${summaryOf(manifest)}, as of ${manifest.takenAt}.`,
  );
  if (!key && !(await target.names()).includes(masterKeyName))
    print('No master key is configured here, so that it was not compared. The restore needs it.');
}

export const otherKey =
  'The backup is of an installation with another master key. Set MASTER_KEY, or restore master.key in DATA_DIR, to its key.';

export const unsigned =
  'The manifest was changed without the master key. Do not restore this backup; take another copy of it.';

/** The one of the configured keys to which the backup is bound. */
export function keyOfManifest({ keyCheck }: Manifest, masterKey: Buffer, config: Config): Buffer | undefined {
  return keyOfCheck(Buffer.from(keyCheck, 'hex'), { masterKey, acceptedKey: readAcceptedKey(config) });
}
