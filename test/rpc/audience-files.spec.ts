import { Code } from '@connectrpc/connect';
import { afterAll, beforeAll, describe, expect, jest, test } from '@jest/globals';
import { AudienceSourceKind, LeftOutReason } from '@dovecote/contract/dovecote/campaign/v1/audience_pb';
import { CampaignStatus, Permission } from '@dovecote/contract/pidgr/v1/common_pb';
import { PrivacyService } from '@dovecote/contract/pidgr/v1/privacy_pb';
import { Parser } from 'csv-parse';
import { v7 as uuid } from 'uuid';
import { untilStatus } from '../support/campaigns.js';
import { type AudienceWorld, startAudienceWorld } from '../support/audience-world.js';
import { type Refusal, refusalOf } from '../support/refusal.js';
import { addHolder } from '../support/role-holders.js';

const MANY = 5_000;
/** In which seven megabytes are parsed. */
const PIECES_OF_ALL = 111;

let w: AudienceWorld;
/** Keeps the audience that it has, as long as files are refused. */
let campaignId: string;

beforeAll(async () => {
  w = await startAudienceWorld();
  campaignId = await w.newCampaign([w.cast.erin.userId]);
});
afterAll(() => w?.stop());

const encoder = new TextEncoder();

const upload = (text: string | Uint8Array, more: object = {}, actor = w.cast.max) =>
  w.audiences(actor).uploadAudience({
    ...{ campaignId, file: typeof text === 'string' ? encoder.encode(text) : text },
    ...more,
  });

async function refused(text: string | Uint8Array): Promise<Refusal> {
  const refusal = await refusalOf(upload(text));
  expect(await w.audienceOf(campaignId)).toEqual([w.cast.erin.userId]);
  return refusal;
}

/** The variables of each member of the audience. */
async function variablesOf(id: string): Promise<Record<string, Record<string, string>>> {
  const { entries } = await w.campaigns().getCampaignAudience({ campaignId: id });
  return Object.fromEntries(entries.map(({ member, email }) => [email, member?.variables ?? {}]));
}

describe('is refused, and nothing changes:', () => {
  test('a file of a caller without the permissions, and for a campaign of another organization', async () => {
    const file = `email\n${w.ann.email}\n`;
    const writer = await addHolder(w.s, w.cast.acme, [Permission.CAMPAIGNS_WRITE]);
    const reader = await addHolder(w.s, w.cast.acme, [Permission.CAMPAIGNS_READ, Permission.MEMBERS_READ]);
    for (const actor of [writer, reader]) {
      expect((await refusalOf(upload(file, {}, actor))).code).toBe(Code.PermissionDenied);
    }
    const stranger = await refusalOf(upload(`email\n${w.cast.mallory.email}\n`, {}, w.cast.mallory));
    expect(stranger.code).toBe(Code.NotFound);
    expect(await w.audienceOf(campaignId)).toEqual([w.cast.erin.userId]);
  });

  test('every bad cell at once, by row and column', async () => {
    const { message, fields } = await refused(
      [
        'email,code',
        `${w.ann.email},ok`,
        'ann at acme,1',
        ',2',
        `unknown@acme.example,${'x'.repeat(10_001)}`,
        w.bob.email,
        '',
        `${w.bob.email},3,4`,
      ].join('\n'),
    );
    expect(fields).toEqual([
      'file.rows[3].email',
      'file.rows[4].email',
      'file.rows[5].code',
      'file.rows[6]',
      'file.rows[8]',
    ]);
    expect(message).toContain('row 3, column "email"');
  });

  test('members whom the organization does not have, those of another one included', async () => {
    const rows = [w.ann.userId, w.cast.mallory.userId, uuid()];
    const { fields, message } = await refused(['user_id', ...rows].join('\n'));
    expect(fields).toEqual(['file.rows[3].user_id', 'file.rows[4].user_id']);
    expect(message).toContain('is not a member of this organization');
    expect((await refused(`email\n${w.cast.mallory.email}`)).fields).toEqual(['file.rows[2].email']);
  });

  test.each([
    ['an empty line', '\n', 'file.rows[1]'],
    ['no member column', 'name,code\na,b', 'file.rows[1]'],
    ['a column twice', 'email,code,code\na,b,c', 'file.rows[1]'],
    ['an open quote', 'email\n"a\nb', 'file.rows[2]'],
    ['a quote inside a cell', 'email\nx\na"b\n', 'file.rows[3]'],
    ['a long row', `email\nx\n${'x'.repeat(1_100_000)}\n`, 'file.rows[3]'],
    ['too many columns', Array.from({ length: 1_000 }, (_, index) => `c${index}`).join(), 'file.rows[1]'],
    ['too many rows', `email\n${'a@acme.example\n'.repeat(100_001)}`, 'file'],
  ])('%s', async (_, text, field) => {
    const { code, fields } = await refused(text);
    expect({ code, fields }).toEqual({ code: Code.InvalidArgument, fields: [field] });
  });

  test('what is no text in UTF-8, is empty, or too large', async () => {
    expect((await refused(Uint8Array.of(0x65, 0xff, 0xfe))).fields).toEqual(['file']);
    expect((await refused('')).fields).toEqual(['file']);
    const large = new Uint8Array(10 * 1024 * 1024 + 1).fill(0x61);
    expect((await refused(large)).code).toBe(Code.InvalidArgument);
  });

  test('a hundred mistakes at most are named', async () => {
    const { fields } = await refused(`email\n${'x,y\n'.repeat(1_000)}`);
    expect(fields.length).toBeLessThanOrEqual(100);
    expect(fields.slice(0, 2)).toEqual(['file.rows[2]', 'file.rows[3]']);
  });
});

test('a file is read no further once its call is cancelled', async () => {
  const read = Parser.prototype._transform;
  const cancelled = new AbortController();
  const over = Promise.withResolvers<void>();
  let pieces = 0;
  const spy = jest.spyOn(Parser.prototype, '_transform').mockImplementation(function (
    this: Parser,
    ...given
  ) {
    if ((pieces += 1) === 1) {
      this.once('close', over.resolve);
      cancelled.abort();
    }
    read.apply(this, given);
  });
  try {
    const file = encoder.encode(`email\n${`${'x'.repeat(60)}@acme.example\n`.repeat(99_000)}`);
    const call = w.audiences().uploadAudience({ campaignId, file }, { signal: cancelled.signal });
    expect((await refusalOf(call)).code).toBe(Code.Canceled);
    await over.promise;
  } finally {
    spy.mockRestore();
  }
  expect(pieces).toBeGreaterThan(0);
  expect(pieces).toBeLessThan(PIECES_OF_ALL / 2);
});

describe('a file', () => {
  test('gives members their variables: marks, line ends, quotes, formulas and empty cells are text', async () => {
    const id = await w.newCampaign();
    const text = [
      '\uFEFFEmail,code,"multi ""line"""',
      `${w.ann.email.toUpperCase()},"=HYPERLINK(""http://evil"")","a\r\nb, ""c"""`,
      `${w.bob.email},,+1`,
      ',,',
    ].join('\r\n');
    const { summary, audienceSnapshotRef } = await upload(text, { campaignId: id });
    expect(summary).toMatchObject({ size: 2, namedRepeatedly: 0, leftOut: [] });
    expect(await variablesOf(id)).toEqual({
      [w.ann.email]: { code: '=HYPERLINK("http://evil")', 'multi "line"': 'a\r\nb, "c"' },
      [w.bob.email]: { 'multi "line"': '+1' },
    });
    const { campaign } = await w.campaigns().getCampaign({ campaignId: id });
    expect(campaign).toMatchObject({ audienceSnapshotRef, audienceSnapshotSize: 2 });
  });

  test('takes semicolons, and ids where there are both', async () => {
    const id = await w.newCampaign();
    const text = `email;user_id;code\n${w.bob.email};${w.ann.userId.toUpperCase()};1,5\n${w.bob.email};;2\n`;
    await upload(text, { campaignId: id });
    expect(await variablesOf(id)).toEqual({ [w.ann.email]: { code: '1,5' }, [w.bob.email]: { code: '2' } });
  });

  test('keeps who is left out with row and reason, also after the start', async () => {
    const rita = await w.add('rita');
    const privacy = w.cast.alice.client(PrivacyService);
    await privacy.restrictProcessing({ userId: rita.userId, restricted: true });
    const id = await w.newCampaign();
    const rows = [w.ann.email, rita.email, 'left@acme.example', w.carl.email, w.ann.email, w.ann.email];
    const file = `email,n\n${rows.map((email, index) => `${email},${index}`).join('\n')}`;
    const { summary } = await upload(file, { campaignId: id, leaveOutUnknown: true });
    expect(summary).toMatchObject({ size: 1, namedRepeatedly: 1 });
    expect(summary?.leftOut.map(({ reason, count }) => [reason, count])).toEqual([
      [LeftOutReason.UNKNOWN, 1],
      [LeftOutReason.DEACTIVATED, 1],
      [LeftOutReason.RESTRICTED, 1],
      [LeftOutReason.NAMED_TWICE, 2],
    ]);
    expect(await variablesOf(id)).toEqual({ [w.ann.email]: { n: '0' } });
    await w.campaigns().startCampaign({ campaignId: id });
    await untilStatus(w.cast.max, id, CampaignStatus.COMPLETED);
    const { people } = await w.audiences().listLeftOut({ campaignId: id });
    expect(people.map(({ row, userId, reason }) => [row, userId, reason])).toEqual([
      [3, rita.userId, LeftOutReason.RESTRICTED],
      [4, '', LeftOutReason.UNKNOWN],
      [5, w.carl.userId, LeftOutReason.DEACTIVATED],
      [6, w.ann.userId, LeftOutReason.NAMED_TWICE],
      [7, w.ann.userId, LeftOutReason.NAMED_TWICE],
    ]);
    expect(people[0]?.source?.kind).toBe(AudienceSourceKind.FILE);
    const again = await refusalOf(upload(file, { campaignId: id, leaveOutUnknown: true }));
    expect(again.reason).toBe('CAMPAIGN_NOT_EDITABLE');
  });

  test('and sources at once take turns, and one of them stands whole', async () => {
    const id = await w.newCampaign();
    const include = { userIds: [w.cast.max.userId] };
    for (let turn = 0; turn < 5; turn += 1) {
      await Promise.all([
        upload(`email,code\n${w.ann.email},1\n`, { campaignId: id }),
        w.audiences().resolveAudience({ campaignId: id, include }),
      ]);
      const audience = await variablesOf(id);
      expect([{ [w.ann.email]: { code: '1' } }, { [w.cast.max.email]: {} }]).toContainEqual(audience);
    }
  });

  test(`of ${MANY} members is taken`, async () => {
    const people = await w.s.database.query<{ email: string }>(
      `with person as (
         insert into identity (id, email)
         select gen_random_uuid(), 'listed-' || n || '@acme.example' from generate_series(1, $3::int) n
         returning id, email)
       insert into member (org_id, id, identity_id, email, name, status, role_id)
       select $1, gen_random_uuid(), id, email, 'Listed', 2, $2 from person returning email`,
      [w.cast.acme.id, w.cast.acme.roles.employee, MANY],
    );
    const id = await w.newCampaign();
    const rows = people.map(({ email }, index) => `${email},${index}`);
    const { summary } = await upload(['email,number', ...rows].join('\n'), { campaignId: id });
    expect(summary?.size).toBe(MANY);
    const audience = await variablesOf(id);
    expect(audience[people[MANY - 1]?.email ?? '']).toEqual({ number: String(MANY - 1) });
  });
});
