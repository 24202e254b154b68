import type { MessageInitShape } from '@bufbuild/protobuf';
import { ActionService } from '@dovecote/contract/pidgr/v1/action_pb';
import { CampaignService, type CreateCampaignRequestSchema } from '@dovecote/contract/pidgr/v1/campaign_pb';
import { ActionType, CampaignStatus, StepType } from '@dovecote/contract/pidgr/v1/common_pb';
import { InboxService } from '@dovecote/contract/pidgr/v1/inbox_pb';
import { MemberService } from '@dovecote/contract/pidgr/v1/member_pb';
import { OrganizationService } from '@dovecote/contract/pidgr/v1/organization_pb';
import { TemplateService, TranslationStatus } from '@dovecote/contract/pidgr/v1/template_pb';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import { addRecipient, untilStatus, untilStep, workflow } from '../support/campaigns.js';
import { type Actor, type Cast, seedCast } from '../support/cast.js';
import { startTestServer, type TestServer } from '../support/test-server.js';

let server: TestServer;
let cast: Cast;
/** Reads Spanish. */
let ada: Actor;
/** Reads Japanese. */
let bob: Actor;
/** Has chosen nothing. */
let cleo: Actor;
let templateId: string;
/** Translation ids by language. */
let translations: Record<string, string>;

beforeAll(async () => {
  server = await startTestServer();
  cast = await seedCast(server);
});
beforeEach(async () => {
  [ada, bob, cleo] = [await reader('ada', 'es'), await reader('bob', 'ja'), await reader('cleo', '')];
  templateId = await writtenTemplate();
  translations = { es: await translated('es', 'Hola.'), ja: await translated('ja', 'こんにちは。') };
});
afterAll(() => server.stop());

const templates = () => cast.max.client(TemplateService);
const campaigns = () => cast.max.client(CampaignService);

async function reader(name: string, preferredLocale: string): Promise<Actor> {
  const actor = await addRecipient(server, cast.acme, name);
  await actor.client(MemberService).updateUserSettings({ settings: { preferredLocale } });
  return actor;
}

async function writtenTemplate(): Promise<string> {
  const { template } = await templates().createTemplate({ name: 'Greeting', title: 'Title', body: 'Hello.' });
  return template?.id ?? '';
}

async function translated(locale: string, body: string, more: { version?: number } = {}): Promise<string> {
  const request = { templateId, locale, title: `Title in ${locale}`, body, ...more };
  return (await templates().createTemplateTranslation(request)).translation?.id ?? '';
}

async function approve(...locales: string[]): Promise<void> {
  for (const locale of locales)
    await templates().approveTemplateTranslation({ translationId: translations[locale] });
}

type Campaign = MessageInitShape<typeof CreateCampaignRequestSchema>;

/** Starts a campaign and waits until it has been sent. */
async function sent(more: Omit<Campaign, '$typeName'> = {}): Promise<string> {
  const userIds = [ada, bob, cleo].map(({ userId }) => userId);
  const { campaign } = await campaigns().createCampaign({
    name: 'Greeting',
    templateId,
    userIds,
    workflow,
    ...more,
  });
  const campaignId = campaign?.id ?? '';
  await campaigns().startCampaign({ campaignId });
  await untilStep(cast.max, campaignId, 'wait');
  return campaignId;
}

/** What a person's inbox shows, oldest first: language and body, or title. */
async function received(actor: Actor, part: 'title' | 'body' = 'body'): Promise<string[]> {
  const { entries } = await actor.client(InboxService).sync({});
  return entries.map(({ renderedLocale, message }) => `${renderedLocale}: ${message?.[part]}`);
}

describe('without an approval', () => {
  test('everybody gets the source, whatever they prefer and the campaign forces', async () => {
    const review = { translationId: translations.ja, status: TranslationStatus.IN_REVIEW };
    await templates().updateTemplateTranslation(review);
    await sent();
    await sent({ defaultLocale: 'es' });
    for (const actor of [ada, bob, cleo]) expect(await received(actor)).toEqual(['en: Hello.', 'en: Hello.']);
  });

  test('of this very version it is the same', async () => {
    await approve('es');
    await templates().updateTemplate({ templateId, body: 'Hello again.' });
    await sent();
    expect(await received(ada)).toEqual(['en: Hello again.']);
  });
});

describe('a campaign', () => {
  test('reaches each in their language, and the ledger says in which', async () => {
    await approve('es', 'ja');
    const campaignId = await sent();
    expect(await received(ada)).toEqual(['es: Hola.']);
    expect(await received(bob)).toEqual(['ja: こんにちは。']);
    expect(await received(cleo)).toEqual(['en: Hello.']);
    expect(await received(ada, 'title')).toEqual(['es: Title in es']);
    const { deliveries } = await campaigns().listDeliveries({ campaignId });
    const ledger = new Map(deliveries.map(({ userId, renderedLocale }) => [userId, renderedLocale]));
    expect([ada, bob, cleo].map(({ userId }) => ledger.get(userId))).toEqual(['es', 'ja', 'en']);
  });

  test('stores a message once for each language, however many read it', async () => {
    await approve('es', 'ja');
    const more = [await reader('dora', 'es'), await reader('emil', 'zh')];
    const campaignId = await sent({ userIds: [ada, bob, cleo, ...more].map(({ userId }) => userId) });
    const stored = await server.database.query(
      `select m.locale, count(*)::int as readers from delivery d join message m using (org_id, content_id)
        where d.campaign_id = $1 group by m.content_id, m.locale order by 1`,
      [campaignId],
    );
    expect(stored).toEqual([
      { locale: 'en', readers: 2 },
      { locale: 'es', readers: 2 },
      { locale: 'ja', readers: 1 },
    ]);
  });

  test('forces its own language, and its own title in every one', async () => {
    await approve('es', 'ja');
    await sent({ defaultLocale: 'ja', title: 'From us' });
    for (const actor of [ada, bob, cleo]) {
      expect(await received(actor)).toEqual(['ja: こんにちは。']);
      expect(await received(actor, 'title')).toEqual(['ja: From us']);
    }
  });

  test('speaks the language of the organization to those who chose none', async () => {
    await approve('es', 'ja');
    const organization = cast.alice.client(OrganizationService);
    await organization.updateOrganization({ defaultLocale: 'ja' });
    await sent();
    expect([await received(ada), await received(cleo)]).toEqual([['es: Hola.'], ['ja: こんにちは。']]);
    await organization.updateOrganization({ defaultLocale: 'en' });
  });

  test('marks what is personal in every language, and keeps it out of banners and lists', async () => {
    const pii = [{ name: 'pay', pii: true }];
    const { template } = await templates().createTemplate({
      name: 'Pay',
      title: 'Pay',
      body: 'You earn {{pay}}.',
      variables: pii,
    });
    templateId = template?.id ?? '';
    translations = { es: await translated('es', 'Ganas {{pay}}.') };
    await approve('es');
    const audience = [ada, bob].map(({ userId }) => ({ userId, variables: { pay: '9 {{/pii}} 9' } }));
    await sent({ userIds: [], audience });
    for (const [actor, text] of [
      [ada, 'Ganas'],
      [bob, 'You earn'],
    ] as const) {
      const [entry] = (await actor.client(InboxService).sync({})).entries;
      expect(entry?.message).toMatchObject({
        body: String.raw`${text} {{pii}}9 \{\{/pii\}\} 9{{/pii}}.`,
        summary: `${text} •••.`,
        preview: `${text} •••.`,
      });
    }
  });
});

describe('once a campaign has started', () => {
  /** The second message leaves when all have acknowledged the first; with a template of its own, if that is given. */
  const twice = (template = '') => ({
    steps: [
      message('send', 'wait', '', ActionType.ACK),
      {
        id: 'wait',
        type: StepType.DEADLINE_CHECK,
        config: { case: 'deadlineCheck' as const, value: { delay: '72h' } },
        transitions: { completed: 'again' },
      },
      message('again', 'end', template),
    ],
  });

  const message = (id: string, next: string, template = '', actionType = ActionType.UNSPECIFIED) => ({
    id,
    type: StepType.SEND_NOTIFICATION,
    config: {
      case: 'sendNotification' as const,
      value: { type: 'push', templateId: template, actionType },
    },
    transitions: { completed: next },
  });

  /** Everybody acknowledges the first message, and gets the second. */
  async function answered(campaignId: string): Promise<void> {
    for (const actor of [ada, bob, cleo]) {
      const { entries } = await actor.client(InboxService).sync({});
      const deliveryId = entries[0]?.deliveryId;
      await actor.client(ActionService).submitAction({ deliveryId, actionId: 'ack' });
    }
    await untilStatus(cast.max, campaignId, CampaignStatus.COMPLETED);
  }

  test('neither withdrawals nor approvals change what is still to be sent', async () => {
    await approve('es');
    const campaignId = await sent({ workflow: twice() });
    await templates().updateTemplateTranslation({
      translationId: translations.es,
      status: TranslationStatus.DRAFT,
      body: 'Adiós.',
    });
    await approve('ja');
    await answered(campaignId);
    expect(await received(ada)).toEqual(['es: Hola.', 'es: Hola.']);
    expect(await received(bob)).toEqual(['en: Hello.', 'en: Hello.']);
    await sent();
    expect((await received(ada)).at(-1)).toBe('en: Hello.');
    expect((await received(bob)).at(-1)).toBe('ja: こんにちは。');
  });

  test('the templates of its steps keep their translations too', async () => {
    const greeting = templateId;
    templateId = await writtenTemplate();
    translations = { es: await translated('es', 'Segundo.') };
    await approve('es');
    const campaignId = await sent({ templateId: greeting, workflow: twice(templateId) });
    await answered(campaignId);
    expect(await received(ada)).toEqual(['en: Hello.', 'es: Segundo.']);
  });

  test('languages are read when a message is written: who chooses another gets the next one in it', async () => {
    await approve('es', 'ja');
    const campaignId = await sent({ workflow: twice() });
    await ada.client(MemberService).updateUserSettings({ settings: { preferredLocale: 'ja' } });
    await answered(campaignId);
    expect(await received(ada)).toEqual(['es: Hola.', 'ja: こんにちは。']);
  });
});
