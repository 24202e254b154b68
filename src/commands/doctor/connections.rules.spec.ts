import { describe, expect, test } from '@jest/globals';
import { type Connections, judgeConnections } from './connections.rules.js';

const per = { process: 11, worker: 12 };
const found: Connections = { allowed: 97, used: 30, ofOthers: 5, processes: 3, workers: 2 };

describe('the connections of all processes', () => {
  test('fit', () => {
    expect(judgeConnections(found, per)).toEqual({
      level: 'ok',
      subject: 'connections',
      text: '30 of 97 used; 3 processes, of which 2 workers, may use 57',
    });
  });

  test('fit to the last one', () => {
    expect(judgeConnections({ ...found, allowed: 62 }, per).level).toBe('ok');
    expect(judgeConnections({ ...found, allowed: 61 }, per)).toMatchObject({
      level: 'fail',
      text: '30 of 61 used; 3 processes, of which 2 workers, may use 57 beside 5 of other roles',
      advice: expect.stringContaining('max_connections'),
    });
  });

  test('are those of one process that runs jobs where none is seen', () => {
    const none = { ...found, allowed: 20, used: 1, ofOthers: 0, processes: 0, workers: 0 };
    expect(judgeConnections(none, per)).toMatchObject({
      level: 'fail',
      text: '1 of 20 used; 1 process, of which 1 worker, may use 23',
    });
  });
});
