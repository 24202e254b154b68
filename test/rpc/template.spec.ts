import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { Code, ConnectError } from '@connectrpc/connect';
import { BadRequestSchema } from '@dovecote/contract/google/rpc/error_details_pb';
import {
  TemplateService,
  TemplateType,
  TemplateVariableSource,
} from '@dovecote/contract/pidgr/v1/template_pb';
import { type Cast, seedCast } from '../support/cast.js';
import { startTestServer, type TestServer } from '../support/test-server.js';

const unknownId = '0199aaaa-0000-7000-8000-000000000000';

let server: TestServer;
let cast: Cast;

beforeAll(async () => {
  server = await startTestServer();
  cast = await seedCast(server);
});

afterAll(() => server.stop());

const templates = (who: keyof Omit<Cast, 'acme' | 'other' | 'site' | 'otherSite'>) =>
  cast[who].client(TemplateService);

async function created(name: string, who: 'alice' | 'mallory' = 'alice') {
  const { template } = await templates(who).createTemplate({ name, body: `Body of ${name}` });
  if (!template) throw new Error('No template came back.');
  return template;
}

async function refusal(call: Promise<unknown>): Promise<ConnectError> {
  return call.then(
    () => Promise.reject(new Error('It was not refused.')),
    (error: unknown) => ConnectError.from(error),
  );
}

function fieldsOf(error: ConnectError): string[] {
  return error
    .findDetails(BadRequestSchema)
    .flatMap((detail) => detail.fieldViolations.map(({ field }) => field));
}

describe('a template of another organization', () => {
  test('is not found, whether read or updated', async () => {
    const template = await created('Acme only');
    const [read, updated] = await Promise.all([
      refusal(templates('mallory').getTemplate({ templateId: template.id })),
      refusal(templates('mallory').updateTemplate({ templateId: template.id, body: 'Mine' })),
    ]);
    expect([read.code, updated.code]).toEqual([Code.NotFound, Code.NotFound]);
    const { template: after } = await templates('alice').getTemplate({ templateId: template.id });
    expect(after).toMatchObject({ version: 1, body: 'Body of Acme only' });
  });

  test('is in no list', async () => {
    const template = await created('Acme secret');
    const { templates: listed } = await templates('mallory').listTemplates({ pagination: { pageSize: 100 } });
    expect(listed.map(({ id }) => id)).not.toContain(template.id);
  });
});

describe('an employee', () => {
  test('neither writes nor reads templates', async () => {
    const template = await created('For managers');
    const refusals = await Promise.all([
      refusal(templates('erin').createTemplate({ name: 'x', body: 'x' })),
      refusal(templates('erin').updateTemplate({ templateId: template.id, body: 'x' })),
      refusal(templates('erin').getTemplate({ templateId: template.id })),
      refusal(templates('erin').listTemplates({})),
    ]);
    expect(refusals.map(({ code }) => code)).toEqual(refusals.map(() => Code.PermissionDenied));
  });
});

describe('what cannot be a template', () => {
  test('has no name or no text', async () => {
    const error = await refusal(templates('alice').createTemplate({ name: '', body: 'x' }));
    expect(error.code).toBe(Code.InvalidArgument);
    const empty = await refusal(templates('alice').createTemplate({ name: 'x', body: ' \n' }));
    expect(empty.code).toBe(Code.InvalidArgument);
    expect(fieldsOf(empty)).toEqual(['body']);
  });

  test('is longer than the limits', async () => {
    const alice = templates('alice');
    const refusals = await Promise.all([
      refusal(alice.createTemplate({ name: 'n'.repeat(201), body: 'x' })),
      refusal(alice.createTemplate({ name: 'x', title: 't'.repeat(201), body: 'x' })),
      refusal(alice.createTemplate({ name: 'x', body: 'b'.repeat(50_001) })),
    ]);
    expect(refusals.map(fieldsOf)).toEqual([['name'], ['title'], ['body']]);
    const longest = { name: 'n'.repeat(200), title: 't'.repeat(200), body: 'b'.repeat(50_000) };
    expect((await alice.createTemplate(longest)).template).toMatchObject(longest);
  });

  test.each([TemplateType.RICH, TemplateType.HTML])('is of type %s, kept for later', async (type) => {
    const error = await refusal(templates('alice').createTemplate({ name: 'x', body: 'x', type }));
    expect(error.code).toBe(Code.InvalidArgument);
    expect(fieldsOf(error)).toEqual(['type']);
  });

  test('declares a variable twice', async () => {
    const variables = [{ name: 'a' }, { name: 'b' }, { name: 'a' }, { name: 'b' }];
    const error = await refusal(templates('alice').createTemplate({ name: 'x', body: 'x', variables }));
    expect(error.code).toBe(Code.InvalidArgument);
    expect(fieldsOf(error)).toEqual(['variables[2].name', 'variables[3].name']);
  });

  test('is in a language that is not one of ours', async () => {
    const error = await refusal(
      templates('alice').createTemplate({ name: 'x', body: 'x', sourceLocale: 'fr' }),
    );
    expect(fieldsOf(error)).toEqual(['source_locale']);
  });
});

describe('CreateTemplate', () => {
  test('answers version 1, as GetTemplate does afterwards', async () => {
    const variables = [
      {
        name: 'first_name',
        description: 'Who reads it',
        required: true,
        source: TemplateVariableSource.PROFILE,
        defaultValue: 'you',
        pii: true,
      },
      { name: 'site' },
    ];
    const { template } = await templates('max').createTemplate({
      name: 'Welcome',
      title: 'Hello {{first_name}}',
      body: 'Go to **{{site}}**.',
      variables,
      sourceLocale: 'pt-BR',
    });
    expect(template).toMatchObject({
      name: 'Welcome',
      title: 'Hello {{first_name}}',
      body: 'Go to **{{site}}**.',
      version: 1,
      type: TemplateType.MARKDOWN,
      sourceLocale: 'pt-BR',
    });
    expect(template?.variables).toMatchObject([
      variables[0]!,
      { name: 'site', required: false, source: TemplateVariableSource.CUSTOM, defaultValue: '', pii: false },
    ]);
    expect(template?.createdAt).toEqual(template?.updatedAt);
    expect((await templates('max').getTemplate({ templateId: template!.id })).template).toEqual(template);
  });

  test('takes the language of the organization, else English', async () => {
    expect((await created('Plain', 'mallory')).sourceLocale).toBe('en');
    await server.database.query(`update organization set default_locale = 'ja' where id = $1`, [
      cast.other.id,
    ]);
    expect((await created('Japanese', 'mallory')).sourceLocale).toBe('ja');
  });

  test('leaves a trace', async () => {
    const template = await created('Traced');
    await templates('kiosk').updateTemplate({ templateId: template.id, body: 'Again' });
    const events = await server.database.query(
      `select event_type, actor_kind, actor_id, metadata from audit_event where entity_id = $1 order by id`,
      [template.id],
    );
    expect(events).toEqual([
      { event_type: 'TEMPLATE_CREATED', actor_kind: 'member', actor_id: cast.alice.userId, metadata: {} },
      {
        event_type: 'TEMPLATE_UPDATED',
        actor_kind: 'api_key',
        actor_id: cast.kiosk.userId,
        metadata: { version: '2' },
      },
    ]);
  });
});

describe('UpdateTemplate', () => {
  test('refuses an unknown template, an empty text and a repeated variable', async () => {
    const template = await created('Unchanged');
    const unknown = await refusal(templates('alice').updateTemplate({ templateId: unknownId, body: 'x' }));
    expect(unknown.code).toBe(Code.NotFound);
    const empty = await refusal(templates('alice').updateTemplate({ templateId: template.id, body: '' }));
    expect(fieldsOf(empty)).toEqual(['body']);
    const repeated = await refusal(
      templates('alice').updateTemplate({
        templateId: template.id,
        body: 'x',
        variables: [{ name: 'a' }, { name: 'a' }],
      }),
    );
    expect(fieldsOf(repeated)).toEqual(['variables[1].name']);
    expect((await templates('alice').getTemplate({ templateId: template.id })).template?.version).toBe(1);
  });

  test('adds a version and leaves the older ones as they are', async () => {
    const { template: first } = await templates('alice').createTemplate({
      name: 'Policy',
      title: 'New policy',
      body: 'One',
      variables: [{ name: 'site' }],
      sourceLocale: 'es',
    });
    const { template: second } = await templates('alice').updateTemplate({
      templateId: first!.id,
      body: 'Two',
    });
    expect(second).toMatchObject({
      id: first!.id,
      version: 2,
      body: 'Two',
      variables: [],
      name: 'Policy',
      title: 'New policy',
      sourceLocale: 'es',
      createdAt: first!.createdAt,
    });
    const read = async (version: number) =>
      (await templates('alice').getTemplate({ templateId: first!.id, version })).template;
    expect(await Promise.all([0, 1, 2].map(read))).toEqual([second, first, second]);
    expect((await refusal(read(3))).code).toBe(Code.NotFound);
    expect((await refusal(read(-1))).code).toBe(Code.InvalidArgument);
  });

  test('keeps the body or the variables that an update leaves empty, as far as the text has them', async () => {
    const { template } = await templates('alice').createTemplate({
      name: 'Kept',
      title: 'For {{site}}',
      body: 'Dear {{name}}, {{code}}',
      variables: [{ name: 'site' }, { name: 'name', required: true }, { name: 'code', required: true }],
    });
    const templateId = template!.id;
    const update = async (change: { body?: string; variables?: { name: string }[] }) =>
      (await templates('alice').updateTemplate({ templateId, ...change })).template!;
    const shorter = await update({ body: 'Hello {{name}}' });
    expect(shorter.variables.map(({ name, required }) => [name, required])).toEqual([
      ['site', false],
      ['name', true],
    ]);
    const described = await update({ variables: [{ name: 'name' }] });
    expect(described).toMatchObject({ version: 3, body: 'Hello {{name}}', variables: [{ name: 'name' }] });
    expect(fieldsOf(await refusal(update({})))).toEqual(['body']);
  });

  test('loses none of many updates at once', async () => {
    const template = await created('Contended');
    const bodies = Array.from({ length: 8 }, (_, index) => `Text ${index}`);
    const answers = await Promise.all(
      bodies.map((body) => templates('alice').updateTemplate({ templateId: template.id, body })),
    );
    const versions = answers.map(({ template: version }) => version!);
    expect(versions.map(({ version }) => version).sort((a, b) => a - b)).toEqual([2, 3, 4, 5, 6, 7, 8, 9]);
    for (const { version, body } of versions) {
      const { template: stored } = await templates('alice').getTemplate({ templateId: template.id, version });
      expect(stored?.body).toBe(body);
    }
  });
});

describe('ListTemplates', () => {
  test('pages newest first through the latest versions', async () => {
    const before = (await templates('mallory').listTemplates({})).pagination!.totalCount;
    const made = [];
    for (const name of ['one', 'two', 'three']) made.unshift(await created(name, 'mallory'));
    const { template: latest } = await templates('mallory').updateTemplate({
      templateId: made[1]!.id,
      body: 'Second edition',
    });
    const listed = [];
    let pageToken = '';
    for (let page = 0; page < 2; page++) {
      const answer = await templates('mallory').listTemplates({ pagination: { pageSize: 2, pageToken } });
      expect(answer.pagination?.totalCount).toBe(before + 3);
      listed.push(...answer.templates);
      pageToken = answer.pagination!.nextPageToken;
    }
    expect(listed.slice(0, 3)).toEqual([made[0], latest, made[2]]);
  });

  test('gives no token behind the last page, and takes none of another list', async () => {
    const all = await templates('mallory').listTemplates({ pagination: { pageSize: 100 } });
    expect(all.pagination?.nextPageToken).toBe('');
    const { pagination } = await templates('mallory').listTemplates({ pagination: { pageSize: 1 } });
    const pageToken = pagination!.nextPageToken;
    expect(pageToken).not.toBe('');
    const refusals = await Promise.all([
      refusal(templates('alice').listTemplates({ pagination: { pageToken } })),
      refusal(templates('mallory').listTemplates({ pagination: { pageToken }, type: TemplateType.MARKDOWN })),
      refusal(templates('mallory').listTemplates({ pagination: { pageToken: `${pageToken}x` } })),
      refusal(templates('mallory').listTemplates({ pagination: { pageSize: -1 } })),
    ]);
    expect(refusals.map(({ code }) => code)).toEqual(refusals.map(() => Code.InvalidArgument));
  });

  test('counts rows without a type as Markdown', async () => {
    const template = await created('Untyped', 'mallory');
    await server.database.query('update template set type = 0 where id = $1', [template.id]);
    const ids = async (type: TemplateType) =>
      (await templates('mallory').listTemplates({ type, pagination: { pageSize: 100 } })).templates.map(
        ({ id }) => id,
      );
    expect(await ids(TemplateType.MARKDOWN)).toContain(template.id);
    expect(await ids(TemplateType.UNSPECIFIED)).toContain(template.id);
    expect(await ids(TemplateType.RICH)).toEqual([]);
  });
});
