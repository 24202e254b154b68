import { execFile } from 'node:child_process';
import { cp, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { describeForeignClient } from './support/foreign-client.js';
import { buildGo, whyNoGo } from '../support/go.js';
import { copyProtos } from './support/protos.js';

const run = promisify(execFile);
const SOURCE = join(import.meta.dirname, 'grpc-go-client');
const PACKAGES = 'dovecote/test/protocol/grpc-go-client/gen';
const FILES = ['dovecote/test/v1/echo.proto', 'pidgr/v1/role.proto'];
const buf = createRequire(import.meta.url).resolve('@bufbuild/buf/bin/buf');

describeForeignClient({
  name: 'grpc-go',
  missing: whyNoGo(SOURCE),
  async look({ product, echo, apiKey, token }) {
    const directory = await mkdtemp(join(tmpdir(), 'dovecote-grpc-go-'));
    try {
      const client = await build(directory);
      const { stdout } = await run(client, [product, echo, apiKey, token]);
      return JSON.parse(stdout);
    } finally {
      await rm(directory, { recursive: true });
    }
  },
});

async function build(directory: string): Promise<string> {
  const protos = join(directory, 'protos');
  const module = join(directory, 'module');
  const bin = join(directory, 'bin');
  await copyProtos(protos);
  await cp(SOURCE, module, { recursive: true });
  const generators = [
    'google.golang.org/protobuf/cmd/protoc-gen-go',
    'google.golang.org/grpc/cmd/protoc-gen-go-grpc',
  ];
  await buildGo(SOURCE, `${bin}/`, ...generators);
  const template = join(directory, 'buf.gen.yaml');
  await writeFile(template, JSON.stringify(generation(bin, join(module, 'gen'))));
  const paths = FILES.flatMap((file) => ['--path', join(protos, file)]);
  await run(process.execPath, [
    buf,
    'generate',
    protos,
    '--template',
    template,
    '--include-imports',
    ...paths,
  ]);
  await buildGo(module, join(directory, 'client'), '.');
  return join(directory, 'client');
}

/** Our protos name no Go packages: each gets its folder below ours. */
function generation(bin: string, out: string) {
  const plugin = (name: string) => ({ local: join(bin, name), out, opt: `module=${PACKAGES}` });
  return {
    version: 'v2',
    managed: { enabled: true, override: [{ file_option: 'go_package_prefix', value: PACKAGES }] },
    plugins: [plugin('protoc-gen-go'), plugin('protoc-gen-go-grpc')],
  };
}
