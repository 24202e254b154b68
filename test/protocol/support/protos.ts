import { cp, mkdir, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { file_buf_validate_validate } from '@bufbuild/protovalidate/gen/buf/validate/validate_pb.js';
import { protoText } from '../../../scripts/proto/text.mjs';

const root = join(import.meta.dirname, '../../..');

/** Copies our protos to the folder, with what they import, for the generators of other languages. */
export async function copyProtos(to: string): Promise<void> {
  await cp(join(root, 'proto'), to, { recursive: true });
  // npm carries this one as a descriptor only.
  const validate = join(to, 'buf/validate/validate.proto');
  await mkdir(dirname(validate), { recursive: true });
  await writeFile(validate, protoText(file_buf_validate_validate.proto));
}
