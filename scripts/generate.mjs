/**
 * Generates libs/contract/gen from proto/, offline. With --check it only compares, and fails on a difference.
 */
import { execFileSync } from 'node:child_process';
import { copyFileSync, cpSync, mkdirSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { createFileRegistry, fromBinary } from '@bufbuild/protobuf';
import { FileDescriptorSetSchema } from '@bufbuild/protobuf/wkt';
import { file_buf_validate_validate } from '@bufbuild/protovalidate/gen/buf/validate/validate_pb.js';
import { protoText } from './proto-text.mjs';

const root = fileURLToPath(new URL('..', import.meta.url));
const target = join(root, 'libs/contract/gen');
const deps = join(root, '.buf/deps');
const fresh = join(root, '.buf/gen');

writeDependencies();
generate();
const differences = compare(fresh, target);

if (process.argv.includes('--check')) {
  if (differences.length > 0) {
    console.error('libs/contract/gen does not match proto/. Run `npm run generate` and commit the result:');
    for (const difference of differences) console.error(`  ${difference}`);
    process.exit(1);
  }
  console.log('libs/contract/gen matches proto/.');
} else {
  // File by file: whoever reads the directory now must not find it empty.
  cpSync(fresh, target, { recursive: true });
  for (const stale of filesUnder(target).filter((path) => !filesUnder(fresh).includes(path))) {
    rmSync(join(target, stale));
  }
  console.log(`libs/contract/gen: ${filesUnder(target).length} files, ${differences.length} changed.`);
  for (const difference of differences) console.log(`  ${difference}`);
}

/** The imports that only npm packages carry, one of them as a descriptor instead of text. */
function writeDependencies() {
  rmSync(deps, { recursive: true, force: true });
  const validate = join(deps, 'buf/validate/validate.proto');
  mkdirSync(dirname(validate), { recursive: true });
  writeFileSync(validate, protoText(file_buf_validate_validate.proto));

  const googleProtoFiles = dirname(createRequire(import.meta.url).resolve('google-proto-files/package.json'));
  mkdirSync(join(deps, 'google/rpc'), { recursive: true });
  for (const name of ['code', 'error_details', 'status']) {
    copyFileSync(join(googleProtoFiles, `google/rpc/${name}.proto`), join(deps, `google/rpc/${name}.proto`));
  }
}

function generate() {
  rmSync(fresh, { recursive: true, force: true });
  buf('generate', '--output', '.buf/fresh');
  rmSync(fresh, { recursive: true, force: true });
  cpSync(join(root, '.buf/fresh/libs/contract/gen'), fresh, { recursive: true });
  rmSync(join(root, '.buf/fresh'), { recursive: true });
  writeEntryPoints();
}

/** `x_connect` next to each `x_pb` with services: the import path that Connect samples use. */
function writeEntryPoints() {
  const image = buf('build', '--as-file-descriptor-set', '-o', '-');
  const registry = createFileRegistry(fromBinary(FileDescriptorSetSchema, image));
  for (const file of registry.files) {
    if (file.services.length === 0) continue;
    const names = file.services.map((service) => service.name).join(', ');
    const code = `export { ${names} } from './${file.name.split('/').at(-1)}_pb.js';\n`;
    for (const extension of ['js', 'd.ts']) {
      writeFileSync(join(fresh, `${file.name}_connect.${extension}`), code);
    }
  }
}

function buf(...args) {
  return execFileSync(join(root, 'node_modules/.bin/buf'), args, {
    cwd: root,
    stdio: ['ignore', 'pipe', 'inherit'],
    maxBuffer: 2 ** 26,
  });
}

function compare(expected, actual) {
  const wanted = filesUnder(expected);
  const present = filesUnder(actual);
  const unwanted = present.filter((path) => !wanted.includes(path)).map((path) => `stale    ${path}`);
  const changed = wanted.flatMap((path) => {
    if (!present.includes(path)) return [`missing  ${path}`];
    const same = readFileSync(join(expected, path)).equals(readFileSync(join(actual, path)));
    return same ? [] : [`differs  ${path}`];
  });
  return [...unwanted, ...changed].sort();
}

function filesUnder(directory) {
  let entries;
  try {
    entries = readdirSync(directory, { recursive: true, withFileTypes: true });
  } catch (error) {
    if (error.code === 'ENOENT') return [];
    throw error;
  }
  return entries
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name).slice(directory.length + 1))
    .sort();
}
