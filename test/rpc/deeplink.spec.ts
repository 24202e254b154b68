import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { Code } from '@connectrpc/connect';
import { timestampDate } from '@bufbuild/protobuf/wkt';
import { ChannelStepKind } from '@dovecote/contract/pidgr/v1/channel_events_pb';
import { TokenService, ValidationFailureReason as Reason } from '@dovecote/contract/pidgr/v1/token_pb';
import { v7 as uuid } from 'uuid';
import { createCampaign } from '../support/campaigns.js';
import { type Cast, seedCast } from '../support/cast.js';
import { eventually } from '../support/eventually.js';
import { refusalOf } from '../support/refusal.js';
import { internalListener, siblingOf } from '../support/sibling.js';
import { startTestServer, type TestServer } from '../support/test-server.js';

const DAY_MS = 24 * 3_600_000;

let s: TestServer;
let cast: Cast;
let campaignId: string;
let request: { campaignId: string; recipientUserId: string; stepKind: ChannelStepKind; ttlSeconds: bigint };

beforeAll(async () => {
  s = await startTestServer({ env: await internalListener() });
  cast = await seedCast(s);
  campaignId = await createCampaign(cast.max, [cast.erin.userId]);
  request = {
    campaignId,
    recipientUserId: cast.erin.userId,
    stepKind: ChannelStepKind.REMINDER,
    ttlSeconds: 3600n,
  };
});
afterAll(() => s?.stop());

const sibling = (orgId: string | undefined = cast.acme.id) => siblingOf(s, TokenService, orgId);
const anybody = () => s.client(TokenService);
const sign = async (change: object = {}) => sibling().signDeeplinkToken({ ...request, ...change });
const reasonOf = async (token: string, id = campaignId): Promise<Reason> => {
  const { valid, failureReason, payload } = await anybody().validateDeeplinkToken({ token, campaignId: id });
  expect([valid, payload]).toEqual([
    failureReason === Reason.UNSPECIFIED,
    valid ? expect.anything() : undefined,
  ]);
  return failureReason;
};

/** The token with another payload or signature. */
function forged(token: string, change: object): string {
  const [body = '', signature] = token.split('.');
  const payload = JSON.parse(Buffer.from(body, 'base64url').toString()) as object;
  return `${Buffer.from(JSON.stringify({ ...payload, ...change })).toString('base64url')}.${signature}`;
}

describe('signing is refused', () => {
  test('to everybody but siblings, and for campaigns and people of others', async () => {
    const { reason } = await refusalOf(cast.alice.client(TokenService).signDeeplinkToken(request));
    expect(reason).toBe('INTERNAL_ONLY');
    expect((await refusalOf(siblingOf(s, TokenService).signDeeplinkToken(request))).code).toBe(
      Code.InvalidArgument,
    );
    for (const [call, expected] of [
      [() => sibling(cast.other.id).signDeeplinkToken(request), 'CAMPAIGN_NOT_FOUND'],
      [() => sign({ campaignId: uuid() }), 'CAMPAIGN_NOT_FOUND'],
      [() => sign({ recipientUserId: cast.max.userId }), 'RECIPIENT_NOT_FOUND'],
      [() => sign({ recipientUserId: cast.mallory.userId }), 'RECIPIENT_NOT_FOUND'],
    ] as const) {
      expect(await refusalOf(call())).toMatchObject({ code: Code.NotFound, reason: expected });
    }
  });

  test('for no step, and for no time or too much of it', async () => {
    for (const [change, field] of [
      [{ stepKind: ChannelStepKind.UNSPECIFIED }, 'step_kind'],
      [{ ttlSeconds: 0n }, 'ttl_seconds'],
      [{ ttlSeconds: -1n }, 'ttl_seconds'],
      [{ ttlSeconds: 2_592_001n }, 'ttl_seconds'],
      [{ campaignId: 'x' }, 'campaign_id'],
    ] as const) {
      expect((await refusalOf(sign(change))).fields).toEqual([field]);
    }
  });
});

describe('a token is not believed', () => {
  test('when it is none', async () => {
    const { token } = await sign();
    const [body, signature] = token.split('.');
    for (const bad of [
      'x',
      '.',
      `${body}.`,
      `.${signature}`,
      `${token}.x`,
      `${token}x`,
      ` ${token}`,
      `${body}.${signature?.slice(1)}`,
      forged(token, { e: 'soon' }),
      forged(token, { extra: 1 }),
      forged(token, { v: 2 ** 40 }),
    ]) {
      expect(await reasonOf(bad)).toBe(Reason.MALFORMED);
    }
    expect((await refusalOf(anybody().validateDeeplinkToken({ campaignId }))).fields).toEqual(['token']);
  });

  test('when anything of it was changed, or it is for another campaign', async () => {
    const { token } = await sign();
    const swapped = token.replace(/.(?=.{20}$)/, (letter) => (letter === 'A' ? 'B' : 'A'));
    for (const bad of [
      swapped,
      forged(token, { r: cast.max.userId }),
      forged(token, { e: 4_000_000_000 }),
      forged(token, { k: ChannelStepKind.ESCALATION }),
      forged(token, { o: cast.other.id }),
      forged(token, { o: uuid() }),
      forged(token, { v: 9 }),
    ]) {
      expect(await reasonOf(bad)).toBe(Reason.INVALID_SIGNATURE);
    }
    const another = await createCampaign(cast.max, [cast.erin.userId]);
    expect(await reasonOf(token, another)).toBe(Reason.INVALID_SIGNATURE);
    expect(await reasonOf(forged(token, { c: another }), another)).toBe(Reason.INVALID_SIGNATURE);
  });

  test('when another organization’s key made it', async () => {
    const theirs = await createCampaign(cast.mallory, [cast.mallory.userId]);
    const input = { ...request, campaignId: theirs, recipientUserId: cast.mallory.userId };
    const { token } = await sibling(cast.other.id).signDeeplinkToken(input);
    expect(await reasonOf(token, theirs)).toBe(Reason.UNSPECIFIED);
    expect(await reasonOf(forged(token, { o: cast.acme.id, c: campaignId }))).toBe(Reason.INVALID_SIGNATURE);
  });
});

describe('a token', () => {
  test('says what was signed, to anybody who asks about its campaign', async () => {
    const { token, expiresAt, keyVersion } = await sign({ stepKind: ChannelStepKind.ESCALATION });
    const answer = await anybody().validateDeeplinkToken({ token, campaignId: campaignId.toUpperCase() });
    expect(answer).toMatchObject({
      valid: true,
      failureReason: Reason.UNSPECIFIED,
      payload: {
        campaignId,
        recipientUserId: cast.erin.userId,
        stepKind: ChannelStepKind.ESCALATION,
        expiresAt,
      },
    });
    expect(keyVersion).toBe(1);
    expect((await cast.mallory.client(TokenService).validateDeeplinkToken({ token, campaignId })).valid).toBe(
      true,
    );
    expect(token.length).toBeLessThan(320);
  });

  test('expires, and not before', async () => {
    const { token, expiresAt } = await sign({ ttlSeconds: 3600n });
    expect(Number(expiresAt && timestampDate(expiresAt)) - Date.now()).toBeLessThan(3_601_000);
    await s.travel(3_500_000);
    expect(await reasonOf(token)).toBe(Reason.UNSPECIFIED);
    await s.travel(101_000);
    expect(await reasonOf(token)).toBe(Reason.EXPIRED);
  });
});

test('keys are made once by many, replaced after 90 days, believed for seven more, and then forgotten', async () => {
  await s.database.query('delete from deeplink_key');
  const first = await Promise.all(Array.from({ length: 6 }, () => sign({ ttlSeconds: 2_592_000n })));
  expect(new Set(first.map(({ keyVersion }) => keyVersion))).toEqual(new Set([1]));
  await s.travel(80 * DAY_MS);
  const late = await sign({ ttlSeconds: 2_592_000n });
  await s.travel(11 * DAY_MS);
  const second = await Promise.all(Array.from({ length: 6 }, () => sign()));
  expect(new Set(second.map(({ keyVersion }) => keyVersion))).toEqual(new Set([2]));
  await s.travel(6.9 * DAY_MS);
  expect(await reasonOf(late.token)).toBe(Reason.UNSPECIFIED);
  await s.travel(0.2 * DAY_MS);
  expect(await reasonOf(late.token)).toBe(Reason.KEY_RETIRED);
  // The job was enqueued by a clock that had been moved before.
  await s.database.query(
    `update graphile_worker._private_jobs set run_at = now() where run_at > now() + interval '1 day'`,
  );
  await eventually('the key is forgotten', async () => {
    const rows = await s.database.query('select from deeplink_key where version = 1 and sealed_key is null');
    return rows.length === 1;
  });
  expect(await reasonOf(late.token)).toBe(Reason.KEY_RETIRED);
  expect((await sign()).keyVersion).toBe(2);
});
