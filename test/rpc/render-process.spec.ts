import { join } from 'node:path';
import { readFileSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, jest, test } from '@jest/globals';
import { Code, ConnectError, createClient } from '@connectrpc/connect';
import { createGrpcTransport } from '@connectrpc/connect-node';
import { ContentService } from '@dovecote/contract/dovecote/render/v1/content_pb';
import { CampaignService } from '@dovecote/contract/pidgr/v1/campaign_pb';
import { CampaignStatus, StepType } from '@dovecote/contract/pidgr/v1/common_pb';
import { RoleService } from '@dovecote/contract/pidgr/v1/role_pb';
import { TemplateService, TemplateVariableSource } from '@dovecote/contract/pidgr/v1/template_pb';
import { probeRenderProcess } from '../../src/modules/messaging/render/index.js';
import { loadConfig } from '../../src/platform/config/index.js';
import { addMember, type Cast, seedCast } from '../support/cast.js';
import { eventually } from '../support/eventually.js';
import { freePort } from '../support/free-port.js';
import { RenderProcess } from '../support/render-process.js';
import { startTestServer, type TestServer } from '../support/test-server.js';

jest.setTimeout(300_000);

const secret = 'a-secret-of-at-least-thirty-two-characters';
const certificates = join(import.meta.dirname, '../support/certificates');
/** More than one piece. */
const RECIPIENTS = 2_500;

let s: TestServer;
let cast: Cast;

beforeAll(async () => {
  // Jobs are run by the servers of each test.
  s = await startTestServer({ env: { ROLE: 'api' } });
  cast = await seedCast(s);
});
afterAll(() => s?.stop());

/** The variables of a process that shows this certificate, and trusts this authority. */
function identity(name: string, authority = 'authority'): Record<string, string> {
  return {
    INTERNAL_TLS_CERT_FILE: join(certificates, `${name}.pem`),
    INTERNAL_TLS_KEY_FILE: join(certificates, `${name}.key.pem`),
    INTERNAL_TLS_CA_FILE: join(certificates, `${authority}.pem`),
  };
}

/** Nothing, or why a process with these variables cannot have its messages made. */
async function attempt(env: Record<string, string>): Promise<string> {
  const { render, internal } = loadConfig(env);
  return probeRenderProcess(render.url ?? '', internal).then(
    () => '',
    (error: Error) => String((error.cause as Error | undefined)?.message ?? error.message),
  );
}

describe('a render process with a certificate', () => {
  let port: number;
  let renderer: RenderProcess;

  beforeAll(async () => {
    port = await freePort();
    const clients = { INTERNAL_CLIENTS: 'CN=somebody else; CN = worker, O=Dovecote tests' };
    renderer = await RenderProcess.start(s.database, port, { ...identity('render'), ...clients });
  });
  afterAll(() => renderer?.kill());

  const url = (): Record<string, string> => ({ RENDER_URL: `https://localhost:${port}` });

  test('refuses one of our authority whom the list does not name, and says whom', async () => {
    expect(await attempt({ ...identity('stranger'), ...url() })).not.toBe('');
    await eventually('the refusal is logged', () => Promise.resolve(renderer.log.includes('CN=stranger')));
  });

  test('refuses the right name of another authority', async () => {
    expect(await attempt({ ...identity('impostor'), ...url() })).not.toBe('');
  });

  test.each(['no certificate', 'no certificate, but a bearer token', 'no TLS'])('refuses %s', async (how) => {
    const transport = createGrpcTransport({
      baseUrl: `${how === 'no TLS' ? 'http' : 'https'}://localhost:${port}`,
      nodeOptions: { ca: readFileSync(join(certificates, 'authority.pem')) },
      interceptors: [
        (next) => (request) => {
          if (how.includes('bearer')) request.header.set('authorization', `Bearer ${secret}`);
          return next(request);
        },
      ],
    });
    await expect(drain(createClient(ContentService, transport).renderContents({}))).rejects.toThrow();
  });

  test('is not believed when another authority signed it', async () => {
    expect(await attempt({ ...identity('worker', 'other-authority'), ...url() })).not.toBe('');
  });

  test('serves whom the list names', async () => {
    expect(await attempt({ ...identity('worker'), ...url() })).toBe('');
  });
});

describe('a render process with a shared secret', () => {
  let port: number;
  let renderer: RenderProcess;
  let templateId: string;

  beforeAll(async () => {
    port = await freePort();
    await start();
    const { template } = await cast.max.client(TemplateService).createTemplate({
      name: 'Template',
      title: 'Hello {{name}}',
      body: '# Dear {{name}}\n\nYour badge *{{badge}}* at {{custom:desk}}. {{pii}}{{secret}}{{/pii}}',
      variables: [
        { name: 'name', source: TemplateVariableSource.PROFILE, pii: true },
        { name: 'custom:desk', source: TemplateVariableSource.PROFILE, defaultValue: 'the desk' },
        { name: 'badge', source: TemplateVariableSource.CUSTOM, required: true },
      ],
    });
    templateId = template?.id ?? '';
  });
  afterAll(() => renderer?.kill());

  async function start(): Promise<void> {
    renderer = await RenderProcess.start(s.database, port, { INTERNAL_SECRET: secret });
  }

  const calling = (): Record<string, string> => ({
    RENDER_URL: `http://127.0.0.1:${port}`,
    INTERNAL_SECRET: secret,
  });

  test('refuses another secret, and none', async () => {
    expect(await attempt({ ...calling(), INTERNAL_SECRET: `${secret}-almost` })).toContain('UNAUTHENTICATED');
    const transport = createGrpcTransport({ baseUrl: `http://127.0.0.1:${port}` });
    const call = drain(createClient(ContentService, transport).renderContents({}));
    expect(await codeOf(call)).toBe(Code.Unauthenticated);
    expect(await attempt(calling())).toBe('');
  });

  test('serves nothing else', async () => {
    const transport = createGrpcTransport({ baseUrl: `http://127.0.0.1:${port}` });
    expect(await codeOf(createClient(RoleService, transport).listRoles({}))).toBe(Code.Unimplemented);
  });

  test('makes the very messages that a worker makes itself', async () => {
    const members = [];
    for (const name of ['Ada', 'Bo *Bold*', '李']) {
      members.push(
        await addMember(s, cast.acme, { email: `${members.length}@x.example`, role: 'employee', name }),
      );
    }
    const audience = members.map(({ userId }, index) => ({
      userId,
      variables: { secret: `s${index} {{name}}`, ...(index < 2 && { badge: `<b>${index}</b>` }) },
    }));
    const here = await sentBy({}, { audience });
    const there = await sentBy(calling(), { audience });
    expect(here).toHaveLength(3);
    expect(here.filter((row) => row.content_id !== null)).toHaveLength(2);
    expect(here.find((row) => row.failure !== '')?.failure).toContain('badge');
    expect(there).toEqual(here);
  });

  test('may be killed in the middle of a call and between two: everybody gets one message', async () => {
    const userIds = await addRecipients();
    const worker = await startTestServer({
      database: s.database,
      env: { ROLE: 'worker', ...calling() },
    });
    try {
      // Something small first: the connection is up, and a call is on it when the process ends.
      await completed(
        await startCampaign({ audience: [{ userId: cast.erin.userId, variables: { badge: '0' } }] }),
      );
      renderer.pause();
      const audience = userIds.map((userId) => ({ userId, variables: { badge: userId } }));
      const campaignId = await startCampaign({ audience });
      await eventually('the worker waits for the render process', () => isWorkedOn(campaignId));
      await renderer.kill();
      await eventually('the campaign waits', () => isPutOff(campaignId), 45_000);
      expect(await deliveriesOf(campaignId)).toHaveLength(0);
      await start();
      await eventually('a piece is sent', async () => (await deliveriesOf(campaignId)).length > 0, 60_000);
      await renderer.kill();
      await start();
      await completed(campaignId);
      const deliveries = await deliveriesOf(campaignId);
      expect(deliveries).toHaveLength(RECIPIENTS);
      expect(new Set(deliveries.map((row) => row.user_id)).size).toBe(RECIPIENTS);
      expect(new Set(deliveries.map((row) => row.content_id)).size).toBe(RECIPIENTS);
    } finally {
      await worker.stop();
    }
  });

  interface Delivery {
    user_id: string;
    content_id: string | null;
    failure: string;
  }

  function deliveriesOf(campaignId: string): Promise<Delivery[]> {
    return s.database.query<Delivery>(
      'select user_id, content_id, failure from delivery where campaign_id = $1 order by user_id',
      [campaignId],
    );
  }

  async function isWorkedOn(campaignId: string): Promise<boolean> {
    return (await jobsOf(campaignId, 'locked_at is not null')).length > 0;
  }

  /** Neither failed nor forgotten: there is a fresh job, for later. */
  async function isPutOff(campaignId: string): Promise<boolean> {
    return (
      (await jobsOf(campaignId, 'locked_at is null and attempts = 0 and run_at > created_at')).length > 0
    );
  }

  function jobsOf(campaignId: string, condition: string): Promise<unknown[]> {
    return s.database.query(`select from graphile_worker.jobs where key = $1 and ${condition}`, [
      `campaign.advance/${campaignId}`,
    ]);
  }

  async function sentBy(
    env: Record<string, string>,
    init: { audience: { userId: string; variables: Record<string, string> }[] },
  ): Promise<Delivery[]> {
    const worker = await startTestServer({ database: s.database, env: { ROLE: 'worker', ...env } });
    try {
      const campaignId = await startCampaign(init);
      await completed(campaignId);
      return await deliveriesOf(campaignId);
    } finally {
      await worker.stop();
    }
  }

  async function startCampaign(init: {
    audience: { userId: string; variables: Record<string, string> }[];
  }): Promise<string> {
    const client = cast.max.client(CampaignService);
    const config = { case: 'sendNotification' as const, value: { type: 'push' } };
    const { campaign } = await client.createCampaign({
      name: 'To everybody',
      templateId,
      ...init,
      workflow: { steps: [{ id: 'send', type: StepType.SEND_NOTIFICATION, config }] },
    });
    const campaignId = campaign?.id ?? '';
    await client.startCampaign({ campaignId });
    return campaignId;
  }

  async function completed(campaignId: string): Promise<void> {
    await eventually(
      'the campaign is completed',
      async () => {
        const { campaign } = await cast.max.client(CampaignService).getCampaign({ campaignId });
        return campaign?.status === CampaignStatus.COMPLETED;
      },
      90_000,
    );
  }
});

async function addRecipients(): Promise<string[]> {
  const { id: orgId, roles } = cast.acme;
  const rows = await s.database.query<{ id: string }>(
    `with person as (
       insert into identity (id, email)
       select gen_random_uuid(), 'recipient-' || n || '@acme.example' from generate_series(1, $3::int) n
       returning id, email)
     insert into member (org_id, id, identity_id, email, name, status, role_id)
     select $1, gen_random_uuid(), id, email, 'Recipient', 2, $2 from person returning id`,
    [orgId, roles.employee, RECIPIENTS],
  );
  return rows.map(({ id }) => id);
}

async function drain(stream: AsyncIterable<unknown>): Promise<void> {
  for await (const message of stream) void message;
}

function codeOf(call: Promise<unknown>): Promise<Code> {
  return call.then(
    () => Promise.reject(new Error('It was not refused.')),
    (error: unknown) => ConnectError.from(error).code,
  );
}
