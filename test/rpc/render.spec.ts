import { once } from 'node:events';
import { connect as connectHttp2 } from 'node:http2';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { create, toBinary } from '@bufbuild/protobuf';
import { type Client, Code, ConnectError, createClient } from '@connectrpc/connect';
import { createGrpcTransport } from '@connectrpc/connect-node';
import { MemberService } from '@dovecote/contract/pidgr/v1/member_pb';
import { OrganizationService } from '@dovecote/contract/pidgr/v1/organization_pb';
import {
  type RenderBatchRequest,
  RenderBatchRequestSchema,
  type RenderBatchResponse,
  RenderService,
} from '@dovecote/contract/pidgr/v1/render_pb';
import { TemplateService, TemplateVariableSource } from '@dovecote/contract/pidgr/v1/template_pb';
import { addMember, type Cast, seedCast } from '../support/cast.js';
import { eventually } from '../support/eventually.js';
import { freePort } from '../support/free-port.js';
import { startTestServer, type TestServer } from '../support/test-server.js';

const secret = 'a secret that only sibling services share';
const unknownId = '0199aaaa-0000-7000-8000-000000000000';
const { PROFILE } = TemplateVariableSource;

let server: TestServer;
let cast: Cast;

beforeAll(async () => {
  // The configuration takes 0 for "no internal listener", so the port has to be found first.
  const env = { INTERNAL_PORT: String(await freePort()), INTERNAL_SECRET: secret.replaceAll(' ', '-') };
  server = await startTestServer({ env });
  cast = await seedCast(server);
});

afterAll(() => server.stop());

function internalUrl(): string {
  return `http://127.0.0.1:${server.server.internalAddress?.port}`;
}

const credential = { authorization: `Bearer ${secret.replaceAll(' ', '-')}` };

/** A client of the internal listener that sends exactly these headers. */
function caller(headers: Record<string, string>): Client<typeof RenderService> {
  return createClient(
    RenderService,
    createGrpcTransport({
      baseUrl: internalUrl(),
      interceptors: [
        (next) => (request) => {
          for (const [name, value] of Object.entries(headers)) request.header.set(name, value);
          return next(request);
        },
      ],
    }),
  );
}

const renderer = (orgId = cast.acme.id) => caller({ ...credential, 'x-org-id': orgId });

type Batch = Pick<RenderBatchRequest, 'templateId'> & {
  version?: number;
  users: { userId: string; variables?: Record<string, string> }[];
};

async function render(client: Client<typeof RenderService>, batch: Batch): Promise<RenderBatchResponse[]> {
  const responses = [];
  for await (const response of client.renderBatch(batch)) responses.push(response);
  return responses;
}

async function refusal(call: Promise<unknown>): Promise<Code> {
  return call.then(
    () => Promise.reject(new Error('It was not refused.')),
    (error: unknown) => ConnectError.from(error).code,
  );
}

async function template(
  init: Parameters<Client<typeof TemplateService>['createTemplate']>[0],
): Promise<string> {
  const answer = await cast.alice.client(TemplateService).createTemplate({ name: 'For rendering', ...init });
  return answer.template!.id;
}

async function setProfile(userId: string, profile: Record<string, unknown>): Promise<void> {
  await server.database.query('update member set profile = $2 where id = $1', [userId, profile]);
}

describe('who may not have messages rendered', () => {
  const batch = { templateId: unknownId, users: [] };

  test('people and keys on the public listener', async () => {
    for (const who of [cast.alice, cast.erin, cast.kiosk]) {
      expect(await refusal(render(who.client(RenderService), batch))).toBe(Code.PermissionDenied);
    }
    expect(await refusal(render(server.client(RenderService), batch))).toBe(Code.PermissionDenied);
  });

  test('the shared secret on the public listener', async () => {
    const headers = { ...credential, 'x-org-id': cast.acme.id };
    expect(await refusal(render(server.client(RenderService, headers), batch))).toBe(Code.Unauthenticated);
  });

  test('whoever comes to the internal listener without the secret', async () => {
    const org = { 'x-org-id': cast.acme.id };
    expect(await refusal(render(caller(org), batch))).toBe(Code.Unauthenticated);
    expect(await refusal(render(caller({ ...org, authorization: 'Bearer guess' }), batch))).toBe(
      Code.Unauthenticated,
    );
    expect(await refusal(render(caller({ ...org, ...cast.alice.headers }), batch))).toBe(
      Code.Unauthenticated,
    );
  });

  test('whoever does not say for which organization', async () => {
    expect(await refusal(render(caller(credential), batch))).toBe(Code.InvalidArgument);
    expect(await refusal(render(renderer('acme'), batch))).toBe(Code.InvalidArgument);
  });
});

describe('what cannot be rendered', () => {
  test('a template or version that is not there, or another organization’s', async () => {
    const templateId = await template({ body: 'Hello' });
    const users = [{ userId: cast.erin.userId }];
    expect(await refusal(render(renderer(), { templateId: unknownId, users }))).toBe(Code.NotFound);
    expect(await refusal(render(renderer(), { templateId, version: 2, users }))).toBe(Code.NotFound);
    expect(await refusal(render(renderer(cast.other.id), { templateId, users }))).toBe(Code.NotFound);
  });

  test('more than 10,000 users, or more than 100 values for one', async () => {
    const templateId = await template({ body: 'Hello' });
    const users = Array.from({ length: 10_001 }, () => ({ userId: cast.erin.userId }));
    expect(await refusal(render(renderer(), { templateId, users }))).toBe(Code.InvalidArgument);
    const variables = Object.fromEntries(Array.from({ length: 101 }, (_, index) => [`v${index}`, 'x']));
    const one = [{ userId: cast.erin.userId, variables }];
    expect(await refusal(render(renderer(), { templateId, users: one }))).toBe(Code.InvalidArgument);
  });
});

describe('one user’s failure', () => {
  test('is an entry of its own, and the others get their message', async () => {
    const templateId = await template({
      body: 'Your desk: {{desk}}.',
      variables: [{ name: 'desk', required: true }],
    });
    const responses = await render(renderer(), {
      templateId,
      users: [
        { userId: cast.erin.userId, variables: { desk: 'Four' } },
        { userId: cast.max.userId },
        { userId: cast.mallory.userId, variables: { desk: '1' } },
        { userId: 'nobody', variables: { desk: '1' } },
        { userId: cast.alice.userId.toUpperCase(), variables: { desk: '9' } },
      ],
    });
    expect(responses.map(({ userId, message, error }) => [userId, message?.body, error])).toEqual([
      [cast.erin.userId, 'Your desk: Four.', ''],
      [cast.max.userId, undefined, 'The required variable desk has no value.'],
      [cast.mallory.userId, undefined, 'User not found.'],
      ['nobody', undefined, 'User not found.'],
      [cast.alice.userId.toUpperCase(), 'Your desk: 9.', ''],
    ]);
  });

  test('may be that the message becomes too long', async () => {
    const templateId = await template({ body: '{{v}}'.repeat(11) });
    const responses = await render(renderer(), {
      templateId,
      users: [
        { userId: cast.erin.userId, variables: { v: 'x'.repeat(10_000) } },
        { userId: cast.max.userId, variables: { v: 'y' } },
      ],
    });
    expect(responses[0]?.error).toMatch(/longer than 100000 characters/);
    expect(responses[1]?.message?.body).toBe('y'.repeat(11));
  });
});

describe('a rendered message', () => {
  test('draws on the profile, the given values and the defaults, escaped', async () => {
    await setProfile(cast.erin.userId, {
      firstName: 'Erin',
      managerName: 'Max *Power*',
      customAttributes: { shoe_size: '38' },
    });
    const templateId = await template({
      title: 'Hello {{first_name}}',
      body: '{{email}} reports to {{manager_name}}, size {{custom:shoe_size}}, {{gift}} {{department}}{{undeclared}}.',
      sourceLocale: 'es',
      variables: [
        { name: 'first_name', source: PROFILE, required: true },
        { name: 'email', source: PROFILE, required: true },
        { name: 'manager_name', source: PROFILE },
        { name: 'custom:shoe_size', source: PROFILE },
        { name: 'department', source: PROFILE, defaultValue: 'unassigned' },
        { name: 'gift' },
      ],
    });
    const [response] = await render(renderer(), {
      templateId,
      users: [{ userId: cast.erin.userId, variables: { gift: '<b>a_mug</b>', first_name: 'Not this' } }],
    });
    expect(response?.message).toMatchObject({
      title: 'Hello Erin',
      preview: `${cast.erin.email} reports to Max *Power*, size 38, <b>a_mug</b> unassigned.`,
      contentId: expect.stringMatching(/^[0-9a-f]{64}$/),
      campaignId: '',
      senderName: '',
      critical: false,
      actions: [],
    });
    expect(response?.message?.body).toContain(String.raw`Max \*Power\*, size 38, \<b\>a\_mug\</b\>`);
    expect(response?.message?.createdAt).toBeDefined();
  });

  test('is in the language of the user, else of the organization, if that is approved for this version', async () => {
    const templateId = await template({ title: 'News', body: 'In English' });
    const templates = cast.alice.client(TemplateService);
    for (const [locale, body] of [
      ['es', 'En español'],
      ['ja', '日本語で'],
      ['zh', '中文'],
    ]) {
      const { translation } = await templates.createTemplateTranslation({ templateId, locale, body });
      if (locale === 'zh') continue;
      await templates.approveTemplateTranslation({ translationId: translation?.id });
    }
    const users: { userId: string }[] = [];
    for (const preferredLocale of ['ja', 'zh', '']) {
      const email = `reads-${preferredLocale}@acme.example`;
      const reader = await addMember(server, cast.acme, { email, role: 'employee' });
      await reader.client(MemberService).updateUserSettings({ settings: { preferredLocale } });
      users.push({ userId: reader.userId });
    }
    const bodies = async (version = 0) =>
      (await render(renderer(), { templateId, version, users })).map(({ message }) => message?.body);
    expect(await bodies()).toEqual(['日本語で', 'In English', 'In English']);
    const organization = cast.alice.client(OrganizationService);
    await organization.updateOrganization({ defaultLocale: 'es' });
    expect(await bodies()).toEqual(['日本語で', 'In English', 'En español']);
    await templates.updateTemplate({ templateId, body: 'Newer' });
    expect(await bodies()).toEqual(['Newer', 'Newer', 'Newer']);
    expect(await bodies(1)).toEqual(['日本語で', 'In English', 'En español']);
    await organization.updateOrganization({ defaultLocale: 'en' });
  });

  test('has the id of its content', async () => {
    const templateId = await template({ title: 'News', body: 'For {{team}}' });
    const users = ['a', 'b', 'a'].map((team) => ({ userId: cast.erin.userId, variables: { team } }));
    const [first, second, third] = (await render(renderer(), { templateId, users })).map(
      ({ message }) => message?.contentId,
    );
    expect(first).toBe(third);
    expect(first).not.toBe(second);
  });

  test('is of the latest version unless one is named', async () => {
    const templateId = await template({ body: 'Old' });
    await cast.alice.client(TemplateService).updateTemplate({ templateId, body: 'New' });
    const users = [{ userId: cast.erin.userId }];
    const bodies = await Promise.all(
      [0, 1, 2].map(
        async (version) => (await render(renderer(), { templateId, version, users }))[0]?.message?.body,
      ),
    );
    expect(bodies).toEqual(['New', 'Old', 'New']);
  });
});

describe('a large batch', () => {
  let userIds: string[];

  beforeAll(async () => {
    const members = [];
    for (let index = 0; index < 12; index++) {
      members.push(await addMember(server, cast.acme, { email: `m${index}@acme.example`, role: 'employee' }));
    }
    userIds = members.map(({ userId }) => userId);
  });

  const many = (count: number) =>
    Array.from({ length: count }, (_, index) => ({
      userId: userIds[index % userIds.length]!,
      variables: { index: String(index) },
    }));

  test('has one answer for each of 10,000 users', async () => {
    const templateId = await template({ body: 'Number {{index}}' });
    const responses = await render(renderer(), { templateId, users: many(10_000) });
    expect(new Set(responses.map(({ message }) => message?.body)).size).toBe(10_000);
  });

  test('holds no transaction while its reader pauses, and ends when the reader goes', async () => {
    const templateId = await template({ body: `Number {{index}} ${'x'.repeat(20_000)}` });
    const request = toBinary(
      RenderBatchRequestSchema,
      create(RenderBatchRequestSchema, { templateId, users: many(2_000) }),
    );
    const session = connectHttp2(internalUrl(), { settings: { initialWindowSize: 1024 } });
    const stream = session.request({
      ':method': 'POST',
      ':path': '/pidgr.v1.RenderService/RenderBatch',
      'content-type': 'application/grpc',
      ...credential,
      'x-org-id': cast.acme.id,
    });
    const prefix = Buffer.alloc(5);
    prefix.writeUInt32BE(request.length, 1);
    stream.end(Buffer.concat([prefix, request]));
    await once(stream, 'response');
    const openTransactions = async () => {
      const [row] = await server.database.query<{ count: number }>(
        `select count(*)::int from pg_stat_activity
         where datname = current_database() and state like 'idle in transaction%'`,
      );
      return row?.count;
    };
    await eventually('the paused batch to hold no transaction', async () => (await openTransactions()) === 0);
    // Everybody else is served meanwhile: the pool is not taken.
    const users = [{ userId: cast.erin.userId }];
    const others = await Promise.all(
      Array.from({ length: 8 }, () => render(renderer(), { templateId, users })),
    );
    expect(others.flat().every(({ message }) => message)).toBe(true);
    session.destroy();
    await once(session, 'close');
    expect(await render(renderer(), { templateId, users })).toHaveLength(1);
    expect(server.logLines().filter(({ msg }) => msg === 'internal error')).toEqual([]);
  });

  test('stops when the client cancels', async () => {
    const templateId = await template({ body: 'Number {{index}}' });
    const cancel = new AbortController();
    const received: RenderBatchResponse[] = [];
    const reading = (async () => {
      const batch = { templateId, users: many(10_000) };
      for await (const response of renderer().renderBatch(batch, { signal: cancel.signal })) {
        received.push(response);
        cancel.abort();
      }
    })();
    expect(await refusal(reading)).toBe(Code.Canceled);
    expect(received.length).toBeLessThan(10_000);
    expect(server.logLines().filter(({ msg }) => msg === 'internal error')).toEqual([]);
  });
});
