import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { type Client, Code, createClient } from '@connectrpc/connect';
import { createGrpcTransport } from '@connectrpc/connect-node';
import { CampaignService } from '@dovecote/contract/pidgr/v1/campaign_pb';
import { ShortCodeStore } from '../../src/modules/messaging/campaign/short-code.store.js';
import { Scopes } from '../../src/platform/scope/index.js';
import { createCampaign } from '../support/campaigns.js';
import { addOrganization, addMember, type Cast, seedCast } from '../support/cast.js';
import { freePort } from '../support/free-port.js';
import { refusalOf } from '../support/refusal.js';
import { startTestServer, type TestServer } from '../support/test-server.js';

const secret = 'a-secret-that-only-sibling-services-share';
const unknown = 'Zz00Zz00';

let s: TestServer;
let cast: Cast;
let campaignId: string;

beforeAll(async () => {
  s = await startTestServer({ env: { INTERNAL_PORT: String(await freePort()), INTERNAL_SECRET: secret } });
  cast = await seedCast(s);
  campaignId = await createCampaign(cast.max, []);
});
afterAll(() => s.stop());

/** A sibling service that acts for the organization. */
function sibling(orgId: string | undefined = cast.acme.id): Client<typeof CampaignService> {
  const headers = { authorization: `Bearer ${secret}`, ...(orgId && { 'x-org-id': orgId }) };
  const baseUrl = `http://127.0.0.1:${s.server.internalAddress?.port}`;
  return createClient(
    CampaignService,
    createGrpcTransport({
      baseUrl,
      interceptors: [
        (next) => (request) => {
          for (const [name, value] of Object.entries(headers)) request.header.set(name, value);
          return next(request);
        },
      ],
    }),
  );
}

const anybody = () => s.client(CampaignService);

async function codeOf(id = campaignId, orgId = cast.acme.id): Promise<string> {
  return (await sibling(orgId).resolveOrCreateShortCode({ campaignId: id })).shortCode;
}

describe('ResolveOrCreateShortCode', () => {
  test('is for sibling services, acting for the organization of the campaign', async () => {
    const call = { campaignId };
    const byAdmin = refusalOf(cast.alice.client(CampaignService).resolveOrCreateShortCode(call));
    expect((await byAdmin).code).toBe(Code.PermissionDenied);
    const elsewhere = refusalOf(sibling(cast.other.id).resolveOrCreateShortCode(call));
    expect((await elsewhere).code).toBe(Code.NotFound);
    const nowhere = refusalOf(sibling('').resolveOrCreateShortCode(call));
    expect((await nowhere).code).toBe(Code.InvalidArgument);
    const nothing = refusalOf(sibling().resolveOrCreateShortCode({ campaignId: randomUUID() }));
    expect((await nothing).code).toBe(Code.NotFound);
  });

  test('gives one code, also when many ask first at once', async () => {
    const id = await createCampaign(cast.max, []);
    const codes = await Promise.all(Array.from({ length: 12 }, () => codeOf(id)));
    expect(new Set(codes).size).toBe(1);
    expect(codes[0]).toMatch(/^[0-9A-Za-z]{8}$/);
    expect(await codeOf(id.toUpperCase())).toBe(codes[0]);
    expect(await codeOf()).not.toBe(codes[0]);
  });

  test('does not take a code that another organization has, and may try the next', async () => {
    const taken = await codeOf();
    const theirs = await createCampaign(cast.mallory, []);
    const store = s.server.app.get(ShortCodeStore, { strict: false });
    const scopes = s.server.app.get(Scopes, { strict: false });
    const origin = { caller: { kind: 'system' as const, orgId: cast.other.id }, requestId: 'test' };
    const claimed = await scopes.run(origin, async (scope) => [
      await store.claim(scope, theirs, taken),
      await store.claim(scope, theirs, 'FreshCo1'),
    ]);
    expect(claimed).toEqual([false, true]);
    expect((await anybody().getCampaignByShortCode({ shortCode: taken })).campaignId).toBe(campaignId);
    expect((await anybody().getCampaignByShortCode({ shortCode: 'FreshCo1' })).campaignId).toBe(theirs);
  });
});

describe('GetCampaignByShortCode', () => {
  test.each(['', 'short', 'LongerThan8', 'Ab12Cd3!', 'Ab12Cd34\n', 'Äb12Cd34'])(
    'refuses what is no code: %j',
    async (shortCode) => {
      const refused = await refusalOf(anybody().getCampaignByShortCode({ shortCode }));
      expect(refused.code).toBe(Code.InvalidArgument);
    },
  );

  test('does not find what nobody has made, nor a code in another case', async () => {
    const code = await codeOf();
    const swapped = code.replaceAll(/[A-Za-z]/g, (letter) =>
      letter === letter.toLowerCase() ? letter.toUpperCase() : letter.toLowerCase(),
    );
    for (const shortCode of [unknown, ...(swapped === code ? [] : [swapped])]) {
      const refused = await refusalOf(anybody().getCampaignByShortCode({ shortCode }));
      expect(refused).toMatchObject({ code: Code.NotFound, reason: 'CAMPAIGN_NOT_FOUND' });
    }
  });

  test('shows ids, the name of the organization and the title, and no more', async () => {
    const shortCode = await codeOf();
    const expected = {
      campaignId,
      orgId: cast.acme.id,
      organizationName: 'Acme',
      subject: 'Title',
    };
    const { $typeName: _, ...shown } = await anybody().getCampaignByShortCode({ shortCode });
    expect(shown).toEqual(expected);
    // Whoever calls: the link decides about the organization, not the credential.
    for (const who of [cast.mallory, cast.kiosk, cast.erin]) {
      const answer = await who.client(CampaignService).getCampaignByShortCode({ shortCode });
      expect(answer).toMatchObject(expected);
    }
    await cast.max.client(CampaignService).updateCampaign({ campaignId, title: 'Own title' });
    expect((await anybody().getCampaignByShortCode({ shortCode })).subject).toBe('Own title');
  });

  test.each([
    ['is suspended', `update organization set suspended_at = now() where id = $1`],
    ['has expired', `update organization set org_type = 2, expires_at = '2020-01-01' where id = $1`],
    ['is gone', 'delete from organization where id = $1'],
  ])('finds nothing when the organization %s', async (_name, ending) => {
    const brief = await addOrganization(s, 'Brief');
    const author = await addMember(s, brief, { email: `${randomUUID()}@brief.example`, role: 'super_admin' });
    const shortCode = await codeOf(await createCampaign(author, []), brief.id);
    expect((await anybody().getCampaignByShortCode({ shortCode })).organizationName).toBe('Brief');
    await s.database.query(ending, [brief.id]);
    const refused = await refusalOf(anybody().getCampaignByShortCode({ shortCode }));
    expect(refused.code).toBe(Code.NotFound);
  });

  test('is limited by address, so that codes cannot be tried out', async () => {
    const limits = { ANONYMOUS_RATE_LIMIT_PER_SECOND: '1', ANONYMOUS_RATE_LIMIT_BURST: '3' };
    const strict = await startTestServer({ env: limits, database: s.database });
    try {
      const tries = Array.from({ length: 6 }, () =>
        refusalOf(strict.client(CampaignService).getCampaignByShortCode({ shortCode: unknown })),
      );
      const codes = (await Promise.all(tries)).map(({ code }) => code);
      expect(codes).toContain(Code.NotFound);
      expect(codes).toContain(Code.ResourceExhausted);
    } finally {
      await strict.stop();
    }
  });
});

describe('GetCampaignArchetypeBreakdown', () => {
  test('finds no campaign of others, and no archetype of one’s own', async () => {
    const breakdown = (who = cast.max, id = campaignId) =>
      refusalOf(who.client(CampaignService).getCampaignArchetypeBreakdown({ campaignId: id }));
    expect((await breakdown(cast.mallory)).code).toBe(Code.NotFound);
    expect((await breakdown(cast.max, randomUUID())).code).toBe(Code.NotFound);
    expect((await breakdown(cast.erin)).code).toBe(Code.PermissionDenied);
    expect(await breakdown()).toMatchObject({
      code: Code.FailedPrecondition,
      reason: 'CAMPAIGN_HAS_NO_ARCHETYPE',
    });
  });
});
