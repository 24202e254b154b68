import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { GeoDatabase } from './geo-database.js';

let folder: string;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'dovecote-geo-'));
});
afterAll(() => rm(folder, { recursive: true }));

type Value = string | number | { readonly [key: string]: Value } | readonly Value[];

/** A value in the format of MaxMind DB 2.0. */
function encoded(value: Value): Buffer {
  if (typeof value === 'string')
    return Buffer.concat([control(2, Buffer.byteLength(value)), Buffer.from(value)]);
  if (typeof value === 'number') {
    const bytes = Buffer.alloc(4);
    bytes.writeUInt32BE(value);
    return Buffer.concat([control(6, 4), bytes]);
  }
  if (Array.isArray(value)) return Buffer.concat([control(11, value.length), ...value.map(encoded)]);
  const entries = Object.entries(value);
  return Buffer.concat([
    control(7, entries.length),
    ...entries.flatMap(([key, each]) => [encoded(key), encoded(each)]),
  ]);
}

function control(type: number, size: number): Buffer {
  if (size >= 29) throw new Error('The values of this spec are short.');
  return type > 7 ? Buffer.of(size, type - 7) : Buffer.of((type << 5) | size);
}

/** A file that knows 128.0.0.0/1 only: one node, whose right branch leads to the record. */
function fileOf(record: Value): Buffer {
  const nodes = 1;
  const [nothing, data] = [nodes, nodes + 16];
  const tree = Buffer.from(
    [nothing >> 16, nothing >> 8, nothing, data >> 16, data >> 8, data].map((byte) => byte & 0xff),
  );
  const metadata = encoded({
    binary_format_major_version: 2,
    binary_format_minor_version: 0,
    build_epoch: 1,
    database_type: 'Test',
    ip_version: 4,
    node_count: nodes,
    record_size: 24,
    languages: [],
    description: {},
  });
  const marker = Buffer.from('\xab\xcd\xefMaxMind.com', 'latin1');
  return Buffer.concat([tree, Buffer.alloc(16), encoded(record), marker, metadata]);
}

async function databaseOf(content: string | Buffer): Promise<GeoDatabase> {
  const file = join(folder, `${Math.random()}.mmdb`);
  await writeFile(file, content);
  const database = new GeoDatabase({ geoDatabase: file });
  await database.onModuleInit();
  return database;
}

function place(database: GeoDatabase, address: string): object {
  return Object.fromEntries([...database.placeOf(address)].map(([name, { value }]) => [name, value]));
}

describe('the location database', () => {
  test('that cannot be read stops the start', async () => {
    await expect(databaseOf('nonsense')).rejects.toThrow('GEO_DATABASE must be a readable MaxMind DB file');
    const missing = new GeoDatabase({ geoDatabase: join(folder, 'missing') });
    await expect(missing.onModuleInit()).rejects.toThrow('GEO_DATABASE');
  });

  test('knows nothing when none is configured', async () => {
    const none = new GeoDatabase({});
    await none.onModuleInit();
    expect(place(none, '192.0.2.1')).toEqual({});
  });

  test('knows the place of an address, and nothing of others', async () => {
    const database = await databaseOf(fileOf({ country_code: 'SE', state1: 'Skåne', city: 'Malmö' }));
    expect(place(database, '192.0.2.1')).toEqual({ $country: 'SE', $region: 'Skåne', $city: 'Malmö' });
    expect(place(database, '10.0.0.1')).toEqual({});
    expect(place(database, '2001:db8::1')).toEqual({});
    expect(place(database, '')).toEqual({});
  });
});
