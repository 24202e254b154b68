import { randomUUID } from 'node:crypto';
import { Code } from '@connectrpc/connect';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { TemplatePreviewService } from '@dovecote/contract/dovecote/template/v1/preview_pb';
import { TemplateService, TranslationStatus } from '@dovecote/contract/pidgr/v1/template_pb';
import { type Actor, addMember, type Cast, seedCast } from '../support/cast.js';
import { members } from '../support/members.js';
import { refusalOf } from '../support/refusal.js';
import { startTestServer, type TestServer } from '../support/test-server.js';

let s: TestServer;
let cast: Cast;
let templateId: string;

const previews = (actor: Actor) => actor.client(TemplatePreviewService);
const templates = () => cast.max.client(TemplateService);

const draft = {
  name: 'Locker',
  title: 'For {{first_name}}',
  body: 'Hello {{first_name}},\n\nyour code is `{{code}}`, {{seet}}.',
  variables: [
    { name: 'first_name', source: 1 },
    { name: 'code', source: 2, required: true },
  ],
};

beforeAll(async () => {
  s = await startTestServer();
  cast = await seedCast(s);
  templateId = (await templates().createTemplate(draft)).template?.id ?? '';
});
afterAll(() => s.stop());

/** The header of the answer to a change of a template. */
async function warned(change: (options: { onHeader: (headers: Headers) => void }) => Promise<unknown>) {
  let told: string | null = null;
  await change({ onHeader: (headers) => (told = headers.get('dovecote-warning')) });
  return told;
}

describe('PreviewTemplate', () => {
  test('needs TEMPLATES_READ, for a member MEMBERS_READ as well, and stays in the organization', async () => {
    expect((await refusalOf(previews(cast.erin).previewTemplate({ templateId }))).code).toBe(
      Code.PermissionDenied,
    );
    expect((await refusalOf(previews(cast.mallory).previewTemplate({ templateId }))).code).toBe(
      Code.NotFound,
    );
    for (const unknown of [
      { templateId: randomUUID() },
      { templateId, version: 7 },
      { templateId, userId: cast.mallory.userId },
    ]) {
      expect((await refusalOf(previews(cast.max).previewTemplate(unknown))).code).toBe(Code.NotFound);
    }
  });

  test('refuses values that make the message too long', async () => {
    const body = '{{v}}'.repeat(11);
    const { template } = await templates().createTemplate({ ...draft, body });
    const values = { v: 'x'.repeat(10_000) };
    const refused = await refusalOf(previews(cast.max).previewTemplate({ templateId: template?.id, values }));
    expect(refused).toMatchObject({ code: Code.InvalidArgument, fields: ['values'] });
  });

  test('shows what a recipient with these values would get, and what is missing', async () => {
    const values = { first_name: 'Ada', code: 'a_b*c#1', seet: '*5*' };
    expect(await previews(cast.max).previewTemplate({ templateId, values })).toMatchObject({
      title: 'For Ada',
      body: 'Hello Ada,\n\nyour code is `a_b*c#1`, \\*5\\*.',
      summary: 'your code is a_b*c#1, *5*.',
      missingVariables: [],
      warnings: [{ field: 'body', description: expect.stringContaining('{{seet}} is not declared') }],
    });
    const bare = await previews(cast.max).previewTemplate({ templateId });
    expect(bare).toMatchObject({ title: 'For', missingVariables: ['code'] });
  });

  test('shows it for a member, in their language or in another', async () => {
    const ida = await addMember(s, cast.acme, { email: 'ida@acme.example', role: 'employee', name: 'Ida' });
    await members(ida).updateUserProfile({ profile: { firstName: 'Ida' } });
    await members(ida).updateUserSettings({ settings: { preferredLocale: 'es' } });
    const { translation } = await templates().createTemplateTranslation({
      templateId,
      locale: 'es',
      title: 'Para {{first_name}}',
      body: 'Hola {{first_name}}: {{code}} {{seet}}',
      status: TranslationStatus.IN_REVIEW,
    });
    const request = { templateId, userId: ida.userId, values: { code: '7' } };
    expect((await previews(cast.max).previewTemplate(request)).title).toBe('For Ida');
    await cast.max.client(TemplateService).approveTemplateTranslation({ translationId: translation?.id });
    expect(await previews(cast.max).previewTemplate(request)).toMatchObject({
      title: 'Para Ida',
      locale: 'es',
    });
    const other = await previews(cast.max).previewTemplate({ ...request, locale: 'ja' });
    expect(other.title).toBe('For Ida');
    const named = await previews(cast.max).previewTemplate({ ...request, values: { first_name: 'Eva' } });
    expect(named.title).toBe('Para Eva');
  });
});

describe('a template that says what is seldom meant', () => {
  test('is written, and the answer warns', async () => {
    const created = await warned((options) =>
      templates().createTemplate({ ...draft, body: 'Hello {{first_name}, {{code}} {{größe}}' }, options),
    );
    expect(created).toContain('body: {{first_name} is not a placeholder');
    expect(created).toContain('body: {{gr??e}} is not declared');
    const body = 'Hello {{frist_name}} {{code}}';
    const updated = await warned((options) =>
      templates().updateTemplate({ ...draft, templateId, body }, options),
    );
    expect(updated).toBe(
      'body: {{frist_name}} is not declared: it is empty unless the campaign gives it a value',
    );
  });

  test('and one that does not does not', async () => {
    const body = 'Hello {{first_name}}, {{code}}';
    expect(await warned((options) => templates().createTemplate({ ...draft, body }, options))).toBeNull();
  });
});

test('an invited name greets', async () => {
  const email = `${randomUUID()}@acme.example`;
  const { user } = await members(cast.alice).inviteUser({ email, name: 'Nina van Dam' });
  expect(user).toMatchObject({ name: 'Nina van Dam', profile: { firstName: 'Nina', lastName: 'van Dam' } });
  const { title } = await previews(cast.max).previewTemplate({ templateId, version: 1, userId: user?.id });
  expect(title).toBe('For Nina');
});
