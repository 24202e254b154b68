import { randomBytes } from 'node:crypto';
import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { sealToken } from '@dovecote/secret';
import { v7 as uuid } from 'uuid';
import { ObjectStore } from '../../src/platform/object-store/index.js';
import { ENVELOPE } from '../../src/platform/platform.module.js';
import { TestBucket } from '../support/bucket.js';
import { startTestServer, type TestServer } from '../support/test-server.js';

const HOUR_MS = 3_600_000;
const orgId = uuid();
const download = { filename: 'audit-trail.csv', contentType: 'text/csv' };
const newKey = (org = orgId): string => `${org}/exports/${uuid()}.csv`;

let s: TestServer;
let objects: ObjectStore;
let folder: string;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'dovecote-objects-'));
  s = await startTestServer({ env: { DATA_DIR: folder } });
  objects = s.server.app.get(ObjectStore, { strict: false });
});
afterAll(async () => {
  await s?.stop();
  await rm(folder, { recursive: true, force: true });
});

/** The link as this server answers it: its public URL says port 0 in the tests. */
async function linkTo(key: string): Promise<string> {
  return s.url + new URL(await objects.link(key, download)).pathname;
}

/** With another character in it, before the last: that one may hold bits that mean nothing. */
function altered(link: string): string {
  const other = link.at(-2) === 'A' ? 'B' : 'A';
  return `${link.slice(0, -2)}${other}${link.slice(-1)}`;
}

const put = (key: string, content: Buffer | string): Promise<void> =>
  objects.put(key, Readable.from([content]), 'text/csv');

describe('a link', () => {
  test('leads nowhere, always in the same words, unless it is one of ours, in time, to something', async () => {
    const key = newKey();
    await put(key, 'secret');
    const link = await linkTo(key);
    const payload = { key, ...download, until: Date.now() + HOUR_MS };
    const seal = (content: object, context: string[]): string =>
      `${s.url}/objects/${sealToken(s.server.app.get(ENVELOPE, { strict: false }), content, context)}`;
    const bad = [
      `${s.url}/objects/nonsense`,
      `${link}x`,
      altered(link),
      `${altered(link)}?a=${'x'.repeat(100)}`,
      `${s.url}/objects/${'x'.repeat(4000)}`,
      seal(payload, ['page']),
      seal({ ...payload, until: Date.now() - 1 }, ['object']),
      seal({ key }, ['object']),
      await linkTo(newKey()),
    ];
    const answers = await Promise.all(
      bad.map(async (url) => {
        const response = await fetch(url);
        return [response.status, await response.text()];
      }),
    );
    expect(new Set(answers.map((answer) => JSON.stringify(answer))).size).toBe(1);
    expect(answers[0]?.[0]).toBe(404);
    // And a good one is good.
    expect(await (await fetch(link)).text()).toBe('secret');
    expect(await (await fetch(seal(payload, ['object']))).text()).toBe('secret');
  });

  test('is over after an hour', async () => {
    const key = newKey();
    await put(key, 'secret');
    const link = await linkTo(key);
    await s.travel(HOUR_MS - 60_000);
    expect((await fetch(link)).status).toBe(200);
    await s.travel(60_000);
    expect((await fetch(link)).status).toBe(404);
  });

  test('hands out a file to keep, not to show', async () => {
    const key = newKey();
    const content = randomBytes(3_000_000);
    await put(key, content);
    const response = await fetch(await linkTo(key));
    expect(Object.fromEntries(response.headers)).toMatchObject({
      'content-type': 'text/csv',
      'content-length': '3000000',
      'content-disposition': 'attachment; filename="audit-trail.csv"',
      'cache-control': 'private, no-store',
      'x-content-type-options': 'nosniff',
    });
    expect(Buffer.from(await response.arrayBuffer()).equals(content)).toBe(true);
  });
});

describe('an object', () => {
  test.each([
    '../../etc/passwd',
    `${uuid()}/../secret`,
    `${uuid()}`,
    `/${uuid()}/a`,
    `${uuid()}/.hidden`,
    `${uuid()}/a//b`,
    `${uuid()}/a/..`,
  ])('is not called %s', async (key) => {
    await expect(put(key, 'x')).rejects.toThrow('is not a valid object key');
    await expect((async () => objects.link(key, download))()).rejects.toThrow('is not a valid object key');
  });

  test('is there whole or not at all', async () => {
    const key = newKey();
    const broken = Readable.from(
      (function* () {
        yield 'the beginning';
        throw new Error('and no end');
      })(),
    );
    await expect(objects.put(key, broken, 'text/csv')).rejects.toThrow('and no end');
    expect((await fetch(await linkTo(key))).status).toBe(404);
    const left = await readdir(join(folder, 'objects', orgId, 'exports'));
    expect(left.filter((name) => name.endsWith('.part'))).toEqual([]);
  });

  test('is replaced, and removed, alone or with all of its organization', async () => {
    const [one, two, others] = [newKey(), newKey(), newKey(uuid())];
    for (const key of [one, two, others]) await put(key, 'before');
    await put(one, 'after');
    expect(await (await fetch(await linkTo(one))).text()).toBe('after');
    await objects.remove(one);
    await objects.remove(one);
    expect((await fetch(await linkTo(one))).status).toBe(404);
    expect((await fetch(await linkTo(two))).status).toBe(200);
    await objects.removeAll(orgId);
    expect((await fetch(await linkTo(two))).status).toBe(404);
    expect((await fetch(await linkTo(others))).status).toBe(200);
  });
});

describe('in a bucket', () => {
  let bucket: TestBucket;
  let remote: TestServer;
  let kept: ObjectStore;

  beforeAll(async () => {
    bucket = await TestBucket.start();
    remote = await startTestServer({ env: bucket.env, database: s.database });
    kept = remote.server.app.get(ObjectStore, { strict: false });
  });
  afterAll(async () => {
    await remote?.stop();
    await bucket?.stop();
  });

  test('an object larger than a part arrives whole, and its link names it', async () => {
    const key = newKey();
    const content = randomBytes(20_000_000);
    await kept.put(key, Readable.from(inPieces(content)), 'text/csv');
    const link = await kept.link(key, download);
    expect(link.startsWith(bucket.env.S3_ENDPOINT ?? '')).toBe(true);
    const response = await fetch(link);
    expect(response.headers.get('content-disposition')).toBe('attachment; filename="audit-trail.csv"');
    expect(Buffer.from(await response.arrayBuffer()).equals(content)).toBe(true);
  });

  test('a small one does, and half of one does not', async () => {
    const [small, half] = [newKey(), newKey()];
    await kept.put(small, Readable.from(['small']), 'text/csv');
    expect(bucket.objects.get(small)?.toString()).toBe('small');
    const broken = Readable.from(
      (function* () {
        yield randomBytes(9_000_000);
        throw new Error('and no end');
      })(),
    );
    await expect(kept.put(half, broken, 'text/csv')).rejects.toThrow('and no end');
    expect([bucket.objects.has(half), bucket.uploads.size]).toEqual([false, 0]);
  });

  test('objects are removed, alone or with all of the organization', async () => {
    const [one, others] = [newKey(), newKey(uuid())];
    for (const key of [one, others]) await kept.put(key, Readable.from(['x']), 'text/csv');
    await kept.removeAll(orgId);
    expect([...bucket.objects.keys()]).toEqual([others]);
    await kept.remove(others);
    expect(bucket.objects.size).toBe(0);
  });

  test('this server answers no links of its own', async () => {
    const key = newKey();
    await put(key, 'x');
    const path = new URL(await objects.link(key, download)).pathname;
    expect((await fetch(s.url + path)).status).toBe(200);
    expect((await fetch(remote.url + path)).status).toBe(404);
  });
});

function* inPieces(content: Buffer): Generator<Buffer> {
  for (let at = 0; at < content.length; at += 65_536) yield content.subarray(at, at + 65_536);
}
