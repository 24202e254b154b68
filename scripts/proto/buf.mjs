import { execFileSync } from 'node:child_process';
import { copyFileSync, mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { file_buf_validate_validate } from '@bufbuild/protovalidate/gen/buf/validate/validate_pb.js';
import { protoText } from './text.mjs';

export const root = fileURLToPath(new URL('../..', import.meta.url));

/** Runs buf and returns what it printed. A failure, which buf has explained on stderr, ends the process. */
export function buf(...args) {
  try {
    return execFileSync(join(root, 'node_modules/.bin/buf'), args, {
      cwd: root,
      stdio: ['ignore', 'pipe', 'inherit'],
      maxBuffer: 2 ** 26,
    });
  } catch (error) {
    if (error.code) throw error;
    process.stderr.write(error.stdout);
    process.exit(1);
  }
}

/** Writes the imports that only npm packages carry, one of them as a descriptor instead of text. */
export function writeThirdParty(folder) {
  rmSync(folder, { recursive: true, force: true });
  const validate = join(folder, 'buf/validate/validate.proto');
  mkdirSync(dirname(validate), { recursive: true });
  writeFileSync(validate, protoText(file_buf_validate_validate.proto));

  const googleProtoFiles = dirname(createRequire(import.meta.url).resolve('google-proto-files/package.json'));
  mkdirSync(join(folder, 'google/rpc'), { recursive: true });
  for (const name of ['code', 'error_details', 'status']) {
    copyFileSync(
      join(googleProtoFiles, `google/rpc/${name}.proto`),
      join(folder, `google/rpc/${name}.proto`),
    );
  }
}
