import { afterAll, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import { OrgEmailProvidersService } from '@dovecote/contract/dashboard/orgemailproviders/v1/orgemailproviders_pb';
import { AuthService } from '@dovecote/contract/dovecote/auth/v1/auth_pb';
import { UserStatus } from '@dovecote/contract/pidgr/v1/user_pb';
import { addMember, type Cast, seedCast } from '../support/cast.js';
import { eventually } from '../support/eventually.js';
import { ProviderApi, ProviderSmtp } from '../support/mail-providers.js';
import { invite, newEmail } from '../support/members.js';
import { mailsTo } from '../support/sign-in.js';
import { startTestServer, type TestServer } from '../support/test-server.js';

const minute = 60_000;
const smtp = new ProviderSmtp();
const api = new ProviderApi();

let s: TestServer;
let cast: Cast;
let port: number;

beforeAll(async () => {
  port = await smtp.open();
  const url = await api.open();
  s = await startTestServer({
    env: { ROLE: 'all', RESEND_URL: url, OUTBOUND_ALLOWED_HOSTS: '127.0.0.1' },
  });
  cast = await seedCast(s);
});
afterAll(async () => {
  await s?.stop();
  smtp.close();
  api.close();
});
beforeEach(async () => {
  smtp.answers = {};
  api.refusal = undefined;
  await useSmtp();
});

const providers = () => cast.alice.client(OrgEmailProvidersService);
const fromAddress = 'hello@acme.example';

async function useSmtp(): Promise<void> {
  const value = { host: '127.0.0.1', port, username: 'acme', password: 'hush-hush' };
  await providers().set({ orgId: cast.acme.id, fromAddress, config: { case: 'smtp', value } });
}

async function useResend(): Promise<void> {
  const value = { apiKey: 're_12345678' };
  await providers().set({ orgId: cast.acme.id, fromAddress, config: { case: 'resend', value } });
}

const smtpMailTo = (email: string) => smtp.mails.filter(({ to }) => to === email);
const requestsTo = (email: string) =>
  api.requests.filter(({ body }) => JSON.stringify(body.to) === `["${email}"]`);
const here = <T>(find: () => T | false | undefined) => Promise.resolve(find() ?? false);

async function jobsThatFailed(): Promise<{ last_error: string; payload: unknown }[]> {
  return s.database.query(
    `select last_error, payload from graphile_worker._private_jobs where last_error is not null`,
  );
}

async function state() {
  const [row] = await s.database.query<{ failing_since: Date | null; reported_at: Date | null }>(
    'select failing_since, reported_at from email_provider where org_id = $1',
    [cast.acme.id],
  );
  return row;
}

describe('an invitation', () => {
  test('of an organization with a provider leaves by it, and that of another by the operator', async () => {
    const { email } = await invite(cast.alice);
    const other = await invite(cast.mallory, { email: newEmail() });
    const mail = await eventually('the mail', () => here(() => smtpMailTo(email)[0]));
    expect(mail).toMatchObject({ account: 'acme:hush-hush', from: fromAddress });
    expect(mail.data).toMatch(/^Subject: You are invited to Acme/m);
    expect(mail.data).toMatch(/^Message-ID: <[\da-f-]{36}@acme\.example>/m);
    await eventually('the other mail', async () => (await mailsTo(s, other.email)).length === 1);
    expect(await mailsTo(s, email)).toEqual([]);
    expect(smtpMailTo(other.email)).toEqual([]);
  });

  test('waits for a provider that fails, is never sent by the operator, and says so to the admins once', async () => {
    await useResend();
    api.refusal = { status: 500, body: { message: 're_12345678 cannot' } };
    const { email } = await invite(cast.alice);
    await eventually('the failure', async () => (await state())?.failing_since);
    const [job] = await eventually('the attempt', async () => {
      const jobs = await jobsThatFailed();
      return jobs.length > 0 && jobs;
    });
    expect(job?.last_error).toContain('500 *** cannot');
    expect(JSON.stringify(job)).not.toMatch(new RegExp(`${email}|re_12345678`));
    const news = async () =>
      (await mailsTo(s, cast.alice.email)).filter((text) => text.includes('e-mail provider'));
    expect(await news()).toEqual([]);
    for (const attempts of [2, 3, 4]) {
      await s.travel(6 * minute);
      await eventually('another attempt', () => here(() => requestsTo(email).length >= attempts));
      await eventually('its end', async () => {
        const running = await s.database.query(
          'select from graphile_worker.jobs where locked_at is not null',
        );
        return running.length === 0;
      });
    }
    await eventually('the news', async () => (await news()).length === 1);
    expect(
      requestsTo(email).every(
        ({ headers }) => headers['idempotency-key'] === requestsTo(email)[0]?.headers['idempotency-key'],
      ),
    ).toBe(true);
    const told = await s.database.query(
      `select from audit_event where event_type = 'EMAIL_PROVIDER_FAILED' and org_id = $1`,
      [cast.acme.id],
    );
    expect(told).toHaveLength(1);
    expect(await mailsTo(s, cast.max.email)).toEqual([]);
    expect(await mailsTo(s, email)).toEqual([]);
    api.refusal = undefined;
    const before = requestsTo(email).length;
    await s.travel(60 * minute);
    await eventually('the mail', () => here(() => requestsTo(email).length > before));
    await eventually('an end of failures', async () => (await state())?.failing_since === null);
    expect(await state()).toMatchObject({ reported_at: null });
    expect(JSON.stringify(s.logLines())).not.toContain('re_12345678');
  });

  test('to an address that takes no mail ends there, and is no failure of the provider', async () => {
    smtp.answers = { 'RCPT TO': '550 no such person' };
    const { email } = await invite(cast.alice);
    await eventually('the attempt', () => here(() => smtp.attempts.some(({ from }) => from === fromAddress)));
    await eventually('no more jobs', async () => {
      const jobs = await s.database.query(
        `select from graphile_worker.jobs where task_identifier = 'mail.send'`,
      );
      return jobs.length === 0;
    });
    expect(await state()).toMatchObject({ failing_since: null });
    expect(await mailsTo(s, email)).toEqual([]);
  });

  test('leaves by the operator again once the provider is removed', async () => {
    await providers().remove({ orgId: cast.acme.id });
    const { email } = await invite(cast.alice);
    await eventually('the mail', async () => (await mailsTo(s, email)).length === 1);
    expect(smtpMailTo(email)).toEqual([]);
  });

  test('waits when the secret of the provider cannot be opened', async () => {
    await s.database.query(`update email_provider set sealed_settings = '\\x00' where org_id = $1`, [
      cast.acme.id,
    ]);
    const { email } = await invite(cast.alice);
    await eventually('the failure', async () => (await state())?.failing_since);
    expect(await mailsTo(s, email)).toEqual([]);
    await useSmtp();
    await s.travel(minute);
    await eventually('the mail', () => here(() => smtpMailTo(email)[0]));
  });
});

describe('a code to sign in', () => {
  const domain = 'people.example';
  const request = (email: string) => s.client(AuthService).requestSignInCode({ email });
  let count = 0;
  const employee = async () => {
    const email = `worker-${(count += 1)}@${domain}`;
    await addMember(s, cast.acme, { email, role: 'employee' });
    return email;
  };
  const proveDomain = () =>
    s.database.query(
      `insert into sso_domain (org_id, name, challenge, verified_at, created_at)
       values ($1, $2, 'x', now(), now()) on conflict do nothing`,
      [cast.acme.id, domain],
    );

  test('leaves by the operator where the organization has not proven the domain of the address', async () => {
    const email = await employee();
    await request(email);
    await eventually('the code', async () => (await mailsTo(s, email)).length === 1);
    expect(smtpMailTo(email)).toEqual([]);
  });

  test('leaves by the provider of the only organization, which has proven the domain', async () => {
    await proveDomain();
    const email = await employee();
    await request(email);
    const mail = await eventually('the code', () => here(() => smtpMailTo(email)[0]));
    expect(mail.data).toMatch(/^Your sign-in code is \d{6}/m);
    expect(await mailsTo(s, email)).toEqual([]);
  });

  test.each([
    ['a member of another', UserStatus.ACTIVE],
    ['invited to another', UserStatus.INVITED],
  ])('leaves by the operator for a person who is %s, too', async (_what, status) => {
    await proveDomain();
    const email = await employee();
    await addMember(s, cast.other, { email, role: 'employee', status });
    await request(email);
    await eventually('the code', async () => (await mailsTo(s, email)).length === 1);
    expect(smtpMailTo(email)).toEqual([]);
  });

  test('is dropped once it is pointless', async () => {
    await proveDomain();
    smtp.answers = { 'MAIL FROM': '451 later' };
    const email = await employee();
    await request(email);
    await eventually('the failure', async () => (await state())?.failing_since);
    // Before the server would take it: another attempt may be on its way.
    await s.travel(60 * minute);
    smtp.answers = {};
    await eventually('no more jobs', async () => {
      const jobs = await s.database.query(
        `select from graphile_worker.jobs where task_identifier = 'mail.send'`,
      );
      return jobs.length === 0;
    });
    expect(smtpMailTo(email)).toEqual([]);
    expect(await mailsTo(s, email)).toEqual([]);
  });
});
