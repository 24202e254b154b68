import { Code } from '@connectrpc/connect';
import { Permission as P } from '@dovecote/contract/pidgr/v1/common_pb';
import {
  TemplateService,
  type TemplateTranslation,
  TranslationStatus as S,
} from '@dovecote/contract/pidgr/v1/template_pb';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import { type Actor, addApiKey, type Cast, seedCast } from '../support/cast.js';
import { auditOf } from '../support/members.js';
import { refusalOf } from '../support/refusal.js';
import { startTestServer, type TestServer } from '../support/test-server.js';

const unknownId = '0199aaaa-0000-7000-8000-000000000000';
const spanish = { locale: 'es', title: 'Hola {{name}}', body: 'Trae {{item}}.' };

let s: TestServer;
let cast: Cast;
let templateId: string;
/** An API key that writes translations and does not approve them. */
let translator: Actor;

beforeAll(async () => {
  s = await startTestServer();
  cast = await seedCast(s);
  translator = await addApiKey(s, cast.acme, [P.TEMPLATES_READ, P.TEMPLATES_WRITE]);
});
beforeEach(async () => {
  const { template } = await templates(cast.max).createTemplate({
    name: 'Inspection',
    title: 'Hello {{name}}',
    body: 'Bring {{item}}.',
  });
  templateId = template?.id ?? '';
});
afterAll(() => s.stop());

const templates = (who: Actor) => who.client(TemplateService);

type Request = Parameters<ReturnType<typeof templates>['createTemplateTranslation']>[0];

async function translate(who: Actor = cast.max, more: Request = {}): Promise<TemplateTranslation> {
  const request = { templateId, ...spanish, ...more };
  const { translation } = await templates(who).createTemplateTranslation(request);
  if (!translation) throw new Error('No translation came back.');
  return translation;
}

async function approve(
  translationId: string,
  who: Actor = cast.max,
): Promise<TemplateTranslation | undefined> {
  return (await templates(who).approveTemplateTranslation({ translationId })).translation;
}

async function listed(version = 0): Promise<TemplateTranslation[]> {
  return (await templates(cast.max).listTemplateTranslations({ templateId, version })).translations;
}

const trailOf = async (id: string) =>
  (await auditOf(s, id)).map(({ event_type, metadata, actor_id }) => ({ event_type, metadata, actor_id }));

describe('a caller is refused', () => {
  test('for templates and translations of another organization, as if they did not exist', async () => {
    const { id: translationId } = await translate();
    const mallory = templates(cast.mallory);
    for (const call of [
      () => mallory.createTemplateTranslation({ templateId, ...spanish }),
      () => mallory.listTemplateTranslations({ templateId }),
      () => mallory.updateTemplateTranslation({ translationId, body: 'Mine' }),
      () => mallory.approveTemplateTranslation({ translationId }),
    ]) {
      expect((await refusalOf(call())).code).toBe(Code.NotFound);
    }
    expect(await listed()).toMatchObject([{ ...spanish, status: S.DRAFT }]);
  });

  test('for templates, versions and translations that nobody has', async () => {
    const max = templates(cast.max);
    for (const call of [
      () => max.createTemplateTranslation({ templateId: unknownId, ...spanish }),
      () => max.createTemplateTranslation({ templateId, version: 2, ...spanish }),
      () => max.listTemplateTranslations({ templateId, version: 2 }),
      () => max.updateTemplateTranslation({ translationId: unknownId }),
      () => max.approveTemplateTranslation({ translationId: unknownId }),
    ]) {
      expect((await refusalOf(call())).code).toBe(Code.NotFound);
    }
  });

  test('without the permission', async () => {
    const { id: translationId } = await translate();
    for (const call of [
      () => templates(cast.erin).listTemplateTranslations({ templateId }),
      () => templates(cast.erin).createTemplateTranslation({ templateId, ...spanish }),
      () => templates(cast.erin).updateTemplateTranslation({ translationId, status: S.IN_REVIEW }),
      () => templates(translator).approveTemplateTranslation({ translationId }),
    ]) {
      expect((await refusalOf(call())).code).toBe(Code.PermissionDenied);
    }
  });

  test.each<[string, Request, string]>([
    ['no language', { locale: '' }, 'locale'],
    ['a language that there is not', { locale: 'fr' }, 'locale'],
    ['the language of the source', { locale: 'en' }, 'locale'],
    ['no body', { body: '' }, 'body'],
    ['a body that lost a placeholder', { body: 'Trae algo.' }, 'body'],
    ['a body with another placeholder', { body: 'Trae {{item}} y {{cosa}}.' }, 'body'],
    ['a title that lost a placeholder', { title: 'Hola' }, 'title'],
    ['a title that is too long', { title: '{{name}}'.padEnd(201, 'x') }, 'title'],
    ['a body that is too long', { body: '{{item}}'.padEnd(50_001, 'x') }, 'body'],
    ['a translator that is too long', { translatedBy: 'x'.repeat(201) }, 'translated_by'],
    ['the status APPROVED', { status: S.APPROVED }, 'status'],
    ['a status that there is not', { status: 9 as S }, 'status'],
    ['a version below 0', { version: -1 }, 'version'],
  ])('with %s', async (_what, more, field) => {
    const refusal = await refusalOf(translate(cast.max, more));
    expect([refusal.code, new Set(refusal.fields)]).toEqual([Code.InvalidArgument, new Set([field])]);
    expect(await listed()).toEqual([]);
  });

  test('for a second translation into the same language, one after the other and at once', async () => {
    await translate();
    expect(await refusalOf(translate())).toMatchObject({
      code: Code.AlreadyExists,
      reason: 'TRANSLATION_EXISTS',
    });
    const tries = await Promise.allSettled([1, 2, 3].map(() => translate(cast.max, { locale: 'ja' })));
    expect(tries.map(({ status }) => status).sort()).toEqual(['fulfilled', 'rejected', 'rejected']);
    expect((await listed()).map(({ locale }) => locale)).toEqual(['es', 'ja']);
  });

  test('when they change what is approved', async () => {
    const { id: translationId } = await translate();
    const approved = await approve(translationId);
    const max = templates(cast.max);
    for (const change of [
      { body: 'Lleva {{item}}.' },
      { title: '{{name}}, hola' },
      { status: S.AI_TRANSLATED },
      { status: S.AI_TRANSLATED, body: 'Lleva {{item}}.' },
    ]) {
      expect(await refusalOf(max.updateTemplateTranslation({ translationId, ...change }))).toMatchObject({
        code: Code.FailedPrecondition,
        reason: 'TRANSLATION_APPROVED',
      });
    }
    const byHand = await refusalOf(max.updateTemplateTranslation({ translationId, status: S.APPROVED }));
    expect(byHand).toMatchObject({ code: Code.InvalidArgument, fields: ['status'] });
    expect(await listed()).toEqual([approved]);
  });

  test('when they withdraw an approval that they could not give', async () => {
    const { id: translationId } = await translate();
    const approved = await approve(translationId);
    const change = { translationId, status: S.DRAFT, body: 'Lleva {{item}}.' };
    expect(await refusalOf(templates(translator).updateTemplateTranslation(change))).toMatchObject({
      code: Code.PermissionDenied,
      reason: 'PERMISSION_MISSING',
    });
    expect(await listed()).toEqual([approved]);
  });
});

describe('at once', () => {
  test('two approve: one reviewer, one time, one audit row', async () => {
    const { id } = await translate();
    const answers = await Promise.all([cast.alice, cast.max, cast.kiosk].map((who) => approve(id, who)));
    const [stored] = await listed();
    expect(answers).toEqual([stored, stored, stored]);
    const approvals = (await trailOf(id)).filter(({ event_type }) => event_type === 'TRANSLATION_APPROVED');
    expect(approvals).toMatchObject([{ actor_id: stored?.reviewedBy }]);
  });

  test('one approves while another edits: what is approved is what the reviewer’s answer shows', async () => {
    for (let round = 0; round < 8; round++) {
      const { id } = await translate(cast.max, { version: await nextVersion() });
      const body = 'Lleva {{item}}.';
      const edit = templates(translator).updateTemplateTranslation({ translationId: id, body });
      const [edited, approved] = await Promise.allSettled([edit, approve(id, cast.alice)]);
      const [stored] = await listed();
      expect(approved).toMatchObject({ status: 'fulfilled', value: stored });
      // Whoever was first: either the edit was read too, or it came too late.
      expect(stored?.body).toBe(edited.status === 'fulfilled' ? body : spanish.body);
    }
  });

  async function nextVersion(): Promise<number> {
    const update = { templateId, body: 'Bring {{item}}.' };
    return (await templates(cast.max).updateTemplate(update)).template?.version ?? 0;
  }
});

describe('a translation', () => {
  test('is of the latest version unless one is named, and of that version alone', async () => {
    await templates(cast.max).updateTemplate({ templateId, body: 'Take {{thing}}.' });
    const latest = await translate(cast.max, { body: 'Lleva {{thing}}.' });
    const first = await translate(cast.max, { version: 1 });
    expect([latest.version, first.version]).toEqual([2, 1]);
    expect(await listed()).toEqual([latest]);
    expect(await listed(2)).toEqual([latest]);
    expect(await listed(1)).toEqual([first]);
  });

  test('comes in every language but the source’s, listed by language', async () => {
    for (const locale of ['zh', 'es', 'pt-BR', 'ja']) await translate(cast.max, { locale });
    expect((await listed()).map(({ locale }) => locale)).toEqual(['es', 'ja', 'pt-BR', 'zh']);
  });

  test('is a draft by its author unless it says otherwise', async () => {
    const draft = await translate();
    expect(draft).toMatchObject({
      templateId,
      version: 1,
      ...spanish,
      status: S.DRAFT,
      translatedBy: cast.max.userId,
      reviewedBy: '',
    });
    expect(draft.reviewedAt).toBeUndefined();
    const ai = { locale: 'ja', title: '', status: S.AI_TRANSLATED, translatedBy: 'ai:model' };
    expect(await translate(translator, ai)).toMatchObject(ai);
  });

  test('is edited and moved on; what is left empty stays', async () => {
    const { id: translationId, createdAt } = await translate();
    const max = templates(cast.max);
    await max.updateTemplateTranslation({ translationId, status: S.IN_REVIEW });
    await max.updateTemplateTranslation({ translationId, title: '{{name}}, hola' });
    const { translation } = await max.updateTemplateTranslation({
      translationId,
      body: 'Lleva {{item}}.',
      status: S.AI_TRANSLATED,
    });
    expect(translation).toMatchObject({
      locale: 'es',
      title: '{{name}}, hola',
      body: 'Lleva {{item}}.',
      status: S.AI_TRANSLATED,
      createdAt,
    });
    expect(await listed()).toEqual([translation]);
  });

  test('is approved once; repeating it changes nothing', async () => {
    const { id } = await translate(cast.alice);
    const approved = await approve(id, cast.max);
    expect(approved).toMatchObject({ status: S.APPROVED, reviewedBy: cast.max.userId });
    expect(approved?.reviewedAt).toBeDefined();
    expect(await approve(id, cast.alice)).toEqual(approved);
    expect(await listed()).toEqual([approved]);
  });

  test('loses its approval when it is withdrawn, and can be approved again', async () => {
    const { id: translationId } = await translate();
    await approve(translationId);
    const { translation } = await templates(cast.max).updateTemplateTranslation({
      translationId,
      status: S.DRAFT,
      body: 'Lleva {{item}}.',
    });
    expect(translation).toMatchObject({ status: S.DRAFT, body: 'Lleva {{item}}.', reviewedBy: '' });
    expect(translation?.reviewedAt).toBeUndefined();
    expect(await approve(translationId, cast.alice)).toMatchObject({ reviewedBy: cast.alice.userId });
  });

  test('leaves what was done to it in the trail, and nothing when nothing was', async () => {
    const { id: translationId } = await translate(translator);
    await approve(translationId, cast.alice);
    const max = templates(cast.max);
    await max.updateTemplateTranslation({ translationId, status: S.IN_REVIEW });
    await max.updateTemplateTranslation({ translationId, status: S.IN_REVIEW, title: spanish.title });
    const common = { template_id: templateId, version: '1', locale: 'es', translated_by: translator.userId };
    expect(await trailOf(translationId)).toEqual([
      {
        event_type: 'TRANSLATION_CREATED',
        actor_id: translator.userId,
        metadata: { ...common, status: 'DRAFT' },
      },
      {
        event_type: 'TRANSLATION_APPROVED',
        actor_id: cast.alice.userId,
        metadata: { ...common, status: 'APPROVED', reviewed_by: cast.alice.userId },
      },
      {
        event_type: 'TEMPLATE_UPDATED',
        actor_id: cast.max.userId,
        metadata: { ...common, status: 'IN_REVIEW', previous_status: 'APPROVED' },
      },
    ]);
  });
});
