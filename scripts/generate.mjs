/**
 * Generates third_party/proto from npm packages, then libs/contract/gen and docs/api from proto/, offline. With
 * --check it only compares, and fails on a difference.
 */
import { cpSync, existsSync, mkdirSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { createFileRegistry, fromBinary } from '@bufbuild/protobuf';
import { FileDescriptorSetSchema } from '@bufbuild/protobuf/wkt';
import { apiPages } from './proto/api-pages.mjs';
import { buf, root, writeThirdParty } from './proto/buf.mjs';

const output = join(root, '.buf/generated');
const code = 'libs/contract/gen';
const pages = 'docs/api';
const imports = 'third_party/proto';

const check = process.argv.includes('--check');
rmSync(output, { recursive: true, force: true });
// First: what is generated from proto/ imports it.
writeThirdParty(join(output, imports));
const outdated = brought(imports);
buf('generate', '--output', output);
const image = buf('build', '--as-file-descriptor-set', '-o', '-');
const registry = createFileRegistry(fromBinary(FileDescriptorSetSchema, image));
writeEntryPoints();
for (const [path, text] of apiPages(registry)) write(join(output, pages, path), text);

outdated.push(...brought(code, pages));
if (outdated.length > 0) process.exit(1);

/** Brings folders up to date, or with --check returns those that are not. */
function brought(...folders) {
  if (check) return folders.filter(differs);
  folders.forEach(renew);
  return [];
}

/** `x_connect` next to each `x_pb` with services: the import path that Connect samples use. */
function writeEntryPoints() {
  for (const file of registry.files) {
    if (file.services.length === 0) continue;
    const names = file.services.map((service) => service.name).join(', ');
    const line = `export { ${names} } from './${file.name.split('/').at(-1)}_pb.js';\n`;
    for (const extension of ['js', 'd.ts'])
      write(join(output, code, `${file.name}_connect.${extension}`), line);
  }
}

function write(file, text) {
  mkdirSync(dirname(file), { recursive: true });
  writeFileSync(file, text);
}

function differs(folder) {
  const differences = compare(join(output, folder), join(root, folder));
  if (differences.length === 0) {
    console.log(`${folder} matches proto/.`);
    return false;
  }
  console.error(`${folder} does not match proto/. Run \`npm run generate\` and commit the result:`);
  for (const difference of differences) console.error(`  ${difference}`);
  return true;
}

function renew(folder) {
  const [fresh, target] = [join(output, folder), join(root, folder)];
  const differences = compare(fresh, target);
  // File by file, so that a concurrent reader never finds an empty directory.
  cpSync(fresh, target, { recursive: true });
  const wanted = new Set(filesUnder(fresh));
  for (const path of filesUnder(target)) {
    if (!wanted.has(path)) rmSync(join(target, path));
  }
  console.log(`${folder}: ${wanted.size} files, ${differences.length} changed.`);
  for (const difference of differences) console.log(`  ${difference}`);
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
