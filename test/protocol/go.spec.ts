import { execFile } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { create, toBinary, type DescFile } from '@bufbuild/protobuf';
import { FileDescriptorSetSchema } from '@bufbuild/protobuf/wkt';
import { file_dovecote_test_v1_echo } from '@dovecote/contract/dovecote/test/v1/echo_pb';
import { EchoServer } from './support/echo-server.js';
import { buildGo, whyNoGo } from '../support/go.js';

const run = promisify(execFile);
const SOURCE = join(import.meta.dirname, 'go-client');
// A first build compiles Go's own library too.
const BUILD_MS = 300_000;

interface Outcome {
  messages: object[];
  header?: string;
  trailer?: string;
  code?: string;
  message?: string;
  details?: string[];
}

const missing = whyNoGo(SOURCE);
if (missing) console.log(`skipped: ${missing}`);

const echo = new EchoServer();
let directory: string;
let results: Record<string, Record<string, Outcome>>;

beforeAll(async () => {
  if (missing) return;
  directory = await mkdtemp(join(tmpdir(), 'dovecote-go-'));
  await echo.start();
  const client = join(directory, 'client');
  await buildGo(SOURCE, client, '.');
  const descriptors = join(directory, 'echo.binpb');
  await writeFile(descriptors, descriptorSet(file_dovecote_test_v1_echo));
  const { stdout } = await run(client, [echo.url, descriptors], { maxBuffer: 64 * 1024 * 1024 });
  results = JSON.parse(stdout);
}, BUILD_MS);

afterAll(async () => {
  if (missing) return;
  await echo.stop();
  await rm(directory, { recursive: true });
});

const protocols = ['gRPC', 'gRPC-Web', 'Connect', 'Connect JSON', 'Connect GET'];
const rows = protocols.flatMap((protocol) => [`${protocol} over HTTP/1.1`, `${protocol} over HTTP/2`]);

(missing ? describe.skip : describe)('connect-go', () => {
  describe.each(rows)('%s', (row) => {
    const outcome = (name: string): Outcome => results[row]?.[name] ?? { messages: [] };

    test('fails with code, message and details', () => {
      expect(outcome('fail')).toMatchObject({
        code: 'failed_precondition',
        message: 'nö: a/b',
        details: ['google.rpc.ErrorInfo'],
      });
    });

    test('is refused a message over the limit, and an unknown method', () => {
      expect(outcome('too large')).toMatchObject({ code: 'resource_exhausted' });
      expect(outcome('unknown')).toMatchObject({ code: 'unimplemented' });
    });

    test('ends at the deadline', () => {
      expect(outcome('deadline')).toMatchObject({ code: 'deadline_exceeded' });
    });

    test('echoes, with metadata both ways', () => {
      expect(outcome('echo')).toEqual({
        messages: [{ text: 'grüß dich', number: '9007199254740993' }],
        header: 'eins',
        trailer: 'eins',
      });
    });

    test('compresses', () => {
      expect(outcome('gzip').messages).toEqual([{ text: 'a'.repeat(100_000) }]);
    });

    test('streams', () => {
      const messages = [{ number: 1 }, { number: 2 }, { number: 3 }];
      expect(outcome('stream')).toEqual({ messages, header: '3', trailer: 'yes' });
    });
  });
});

/** Imports first. */
function descriptorSet(file: DescFile): Uint8Array {
  const files = new Set<DescFile>();
  const add = (next: DescFile): void => {
    next.dependencies.forEach(add);
    files.add(next);
  };
  add(file);
  return toBinary(
    FileDescriptorSetSchema,
    create(FileDescriptorSetSchema, { file: [...files].map((f) => f.proto) }),
  );
}
