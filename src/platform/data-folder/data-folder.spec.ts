import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { cp, mkdtemp, readFile, rename, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import { holderOf, lockFolder, makeMasterKey, readMasterKey, runsIn, startTimeOf } from './index.js';

let parent: string;
let folder: string;
let file: string;

beforeAll(async () => {
  parent = await mkdtemp(join(tmpdir(), 'dovecote-folder-'));
});
beforeEach(async () => {
  folder = await mkdtemp(join(parent, 'data-'));
  file = join(folder, 'dovecote.pid');
});
afterAll(() => rm(parent, { recursive: true }));

describe('the lock of a folder', () => {
  test('keeps a second one out for as long as it is held', async () => {
    const lock = await lockFolder(file);
    await expect(lockFolder(file)).rejects.toThrow(`locked by process ${process.pid}`);
    expect(await holderOf(file)).toBe(process.pid);
    await lock.release();
    await (await lockFolder(file)).release();
  });

  test('is found under whatever path, also after the folder was renamed', async () => {
    await lockFolder(file);
    await rename(folder, `${folder}-moved`);
    expect(await holderOf(join(`${folder}-moved`, 'dovecote.pid'))).toBe(process.pid);
  });

  test('means nothing in a copy of the folder', async () => {
    await lockFolder(file);
    const copy = `${folder}-copy`;
    await cp(folder, copy, { recursive: true });
    expect(await holderOf(join(copy, 'dovecote.pid'))).toBeUndefined();
    await (await lockFolder(join(copy, 'dovecote.pid'))).release();
    expect(await holderOf(file)).toBe(process.pid);
  });

  test('means nothing once its number is of another process, or the machine was started anew', async () => {
    await lockFolder(file);
    const [pid, start, place] = (await readFile(file, 'utf8')).split('\n');
    await writeFile(file, `${pid}\n${Number(start) - 1}\n${place}\n`);
    expect(await holderOf(file)).toBeUndefined();
    await writeFile(file, `${pid}\n${start}\n${place?.split(' ')[0]} another-boot\n`);
    expect(await holderOf(file)).toBeUndefined();
    await writeFile(file, 'nonsense');
    await (await lockFolder(file)).release();
  });

  test('of an earlier release, which names no folder, still holds', async () => {
    await writeFile(file, `${process.pid}\n${await startTimeOf(process.pid)}\n`);
    await expect(lockFolder(file)).rejects.toThrow('locked by process');
  });
});

test('a process is found by the folder that it works in', async () => {
  const child = spawn('sleep', ['60'], { cwd: folder });
  await once(child, 'spawn');
  expect(await runsIn(child.pid ?? 0, folder)).toBe(true);
  expect(await runsIn(child.pid ?? 0, parent)).toBe(false);
  const gone = once(child, 'exit');
  child.kill();
  await gone;
  expect(await runsIn(child.pid ?? 0, folder)).toBe(false);
});

describe('the master key', () => {
  test('a damaged file stops the start and is left alone', async () => {
    const key = join(folder, 'master.key');
    await writeFile(key, 'oops');
    await expect(readMasterKey({ dataDir: folder })).rejects.toThrow('must hold 32 bytes');
    await expect(makeMasterKey({ dataDir: folder })).rejects.toThrow('must hold 32 bytes');
    expect(await readFile(key, 'utf8')).toBe('oops');
  });

  test('is made on demand only, once, for the owner only, and then kept', async () => {
    expect(await readMasterKey({ dataDir: folder })).toBeUndefined();
    const first = await makeMasterKey({ dataDir: folder });
    expect(first).toHaveLength(32);
    expect(await makeMasterKey({ dataDir: folder })).toEqual(first);
    expect(await readMasterKey({ dataDir: folder })).toEqual(first);
    expect((await stat(join(folder, 'master.key'))).mode & 0o777).toBe(0o600);
  });

  test('that is configured needs no file', async () => {
    const masterKey = Buffer.alloc(32, 1).toString('base64');
    expect((await readMasterKey({ masterKey, dataDir: '/nonexistent' }))?.toString('base64')).toBe(masterKey);
  });
});
