/**
 * Generates libs/contract/gen from proto/, offline. With --check it only compares, and fails on a difference.
 */
import { cpSync, existsSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { createFileRegistry, fromBinary } from '@bufbuild/protobuf';
import { FileDescriptorSetSchema } from '@bufbuild/protobuf/wkt';
import { buf, root, writeDependencies } from './proto/buf.mjs';

const target = join(root, 'libs/contract/gen');
const output = join(root, '.buf/generated');
const fresh = join(output, 'libs/contract/gen');

writeDependencies();
rmSync(output, { recursive: true, force: true });
buf('generate', '--output', output);
writeEntryPoints();

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
  const wanted = new Set(filesUnder(fresh));
  for (const path of filesUnder(target)) {
    if (!wanted.has(path)) rmSync(join(target, path));
  }
  console.log(`libs/contract/gen: ${wanted.size} files, ${differences.length} changed.`);
  for (const difference of differences) console.log(`  ${difference}`);
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

function compare(expected, actual) {
  const wanted = filesUnder(expected);
  const present = new Set(filesUnder(actual));
  const stale = [...present].filter((path) => !wanted.includes(path)).map((path) => `stale    ${path}`);
  const changed = wanted.flatMap((path) => {
    if (!present.has(path)) return [`missing  ${path}`];
    const same = readFileSync(join(expected, path)).equals(readFileSync(join(actual, path)));
    return same ? [] : [`differs  ${path}`];
  });
  return [...stale, ...changed];
}

function filesUnder(directory) {
  if (!existsSync(directory)) return [];
  return readdirSync(directory, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name).slice(directory.length + 1))
    .sort();
}
