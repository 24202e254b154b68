import { Code } from '@connectrpc/connect';
import { afterAll, afterEach, beforeAll, describe, expect, jest, test } from '@jest/globals';
import { Client } from 'pg';
import { Transaction } from '../../src/platform/database/index.js';
import { eventually } from '../support/eventually.js';
import { type AudienceWorld, type Condition, startAudienceWorld } from '../support/audience-world.js';
import { refusalOf, refusalsOf } from '../support/refusal.js';

let w: AudienceWorld;
let holder: Client;

beforeAll(async () => {
  w = await startAudienceWorld();
  holder = new Client({ connectionString: w.s.database.ownerUrl });
  await holder.connect();
});
afterEach(async () => {
  jest.restoreAllMocks();
  await holder.query('rollback');
});
afterAll(async () => {
  await holder?.end();
  await w?.stop();
});

const anyOf = (conditions: number, values: number): Condition => ({
  case: 'any',
  value: {
    conditions: Array.from({ length: conditions }, (_, index) => ({
      is: {
        case: 'attribute',
        value: { name: 'title', values: Array.from({ length: values }, (_, value) => `${index}-${value}`) },
      },
    })),
  },
});

/** Members are read by no statement until the test is over. */
async function holdMembers(): Promise<void> {
  await holder.query('begin');
  await holder.query('lock table roster_member in access exclusive mode');
}

async function waitingStatements(): Promise<number> {
  const rows = await w.s.database.query(
    `select from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock'
        and query like '%roster_member%'`,
  );
  return rows.length;
}

/** Statements have this time instead of thirty seconds. */
function shorten(milliseconds: number): void {
  const execute = Transaction.prototype.execute;
  jest.spyOn(Transaction.prototype, 'execute').mockImplementation(function (
    this: Transaction,
    statement,
    values,
  ) {
    const isLimit = statement.name === 'transaction.limit_statements';
    if (isLimit) expect(values).toEqual(['30000']);
    return execute.call(this, statement, isLimit ? [String(milliseconds)] : values);
  });
}

describe('rules with more conditions and values than an audience may have', () => {
  test('are refused, and one less is taken', async () => {
    // 201 of each rule: its values, and what joins them.
    const rules = await Promise.all(Array.from({ length: 5 }, () => w.newRule(anyOf(4, 50))));
    const [first = '', ...others] = rules;
    const campaignId = await w.newCampaign([w.cast.erin.userId]);
    const sides = { include: { ruleIds: others }, exclude: { ruleIds: [first] } };
    for (const { code, reason, message } of await refusalsOf([
      w.audiences().previewAudience(sides),
      w.audiences().resolveAudience({ campaignId, ...sides }),
    ])) {
      expect({ code, reason }).toEqual({ code: Code.ResourceExhausted, reason: 'TOO_MANY_CONDITIONS' });
      expect(message).toContain('1005');
    }
    await w.audiences().updateAudienceRule({ ruleId: first, condition: { is: anyOf(3, 65) } });
    expect(await w.audienceOf(campaignId)).toEqual([w.cast.erin.userId]);
    const { summary } = await w.audiences().previewAudience(sides);
    expect(summary?.size).toBe(0);
  });
});

describe('an audience that takes too long', () => {
  test('is given up with its reason, and nothing is changed', async () => {
    const campaignId = await w.newCampaign([w.cast.erin.userId]);
    const include = { groupIds: [w.groupId] };
    await holdMembers();
    shorten(300);
    for (const { code, reason, message } of await refusalsOf([
      w.audiences().previewAudience({ include }),
      w.audiences().resolveAudience({ campaignId, include }),
    ])) {
      expect({ code, reason }).toEqual({ code: Code.DeadlineExceeded, reason: 'AUDIENCE_TOOK_TOO_LONG' });
      expect(message).toContain('30 seconds');
    }
    jest.restoreAllMocks();
    await holder.query('rollback');
    expect(await w.audienceOf(campaignId)).toEqual([w.cast.erin.userId]);
    expect((await w.audiences().resolveAudience({ campaignId, include })).summary?.size).toBe(2);
  });

  test('waits no longer for another audience of its campaign than for members', async () => {
    const campaignId = await w.newCampaign();
    await holder.query('begin');
    await holder.query('select from campaign where id = $1 for update', [campaignId]);
    shorten(300);
    const include = { groupIds: [w.groupId] };
    const file = new TextEncoder().encode(`email\n${w.ann.email}\n`);
    for (const { reason } of await refusalsOf([
      w.audiences().resolveAudience({ campaignId, include }),
      w.audiences().uploadAudience({ campaignId, file }),
    ]))
      expect(reason).toBe('AUDIENCE_TOOK_TOO_LONG');
  });

  test('limits no statement of the calls that follow on its connection', async () => {
    // For statements that succeed: a busy machine must have the time for them.
    shorten(2_000);
    for (let turn = 0; turn < 8; turn += 1)
      await w.audiences().previewAudience({ include: { groupIds: [w.groupId] } });
    jest.restoreAllMocks();
    await holder.query('begin');
    await holder.query('lock table role in access exclusive mode');
    const rules = w.audiences().createAudienceRule({
      ...{ name: 'Patient', condition: { is: { case: 'roleId', value: w.cast.acme.roles.employee } } },
    });
    await eventually('the look at roles has waited longer than the limit', async () => {
      const rows = await w.s.database.query(
        `select from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock'
            and query like '%from role%' and clock_timestamp() - query_start > interval '2500 milliseconds'`,
      );
      return rows.length > 0;
    });
    await holder.query('rollback');
    expect((await rules).rule?.name).toBe('Patient');
  });

  test.each(['preview', 'audience'])('leaves no statement behind when the call ends: %s', async (what) => {
    const campaignId = await w.newCampaign([w.cast.erin.userId]);
    const include = { groupIds: [w.groupId] };
    await holdMembers();
    const ended = new AbortController();
    const options = { signal: ended.signal };
    const call =
      what === 'preview'
        ? w.audiences().previewAudience({ include }, options)
        : w.audiences().resolveAudience({ campaignId, include }, options);
    const refusal = refusalOf(call);
    await eventually('the statement waits', async () => (await waitingStatements()) === 1);
    ended.abort();
    expect((await refusal).code).toBe(Code.Canceled);
    await eventually('no statement waits', async () => (await waitingStatements()) === 0);
    await holder.query('rollback');
    expect(await w.audienceOf(campaignId)).toEqual([w.cast.erin.userId]);
  });
});
