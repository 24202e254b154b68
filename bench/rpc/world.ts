import { create, type Message } from '@bufbuild/protobuf';
import { createClient, type Transport } from '@connectrpc/connect';
import { OrganizationService } from '@dovecote/contract/pidgr/v1/organization_pb';
import { CampaignService } from '@dovecote/contract/pidgr/v1/campaign_pb';
import type { Client } from 'pg';
import type { Audience } from './audiences.js';
import type { HandWorld } from '../peers/hand/answers.js';
import { type Call, calls, keyCalls, readerCalls, rowsInPage } from '../support/calls.js';
import { ownerUrlOf } from '../support/database.js';
import type { Dovecote } from '../support/dovecote.js';
import { addMembers } from '../support/people.js';
import { readerWith } from '../support/reader.js';
import { answerOf, createCampaigns, seed, transportTo } from '../support/seed.js';
import { adminEmail, Person } from '../support/sign-in.js';

/** A call with its credentials and its right answer. */
export interface Asked {
  readonly name: string;
  readonly call: Call;
  readonly credentials: Readonly<Record<string, string>>;
  readonly answer: Message;
  readonly readsDatabase: boolean;
}

export interface World {
  /** The same for everybody: peers answer it from memory. */
  readonly fromMemory: readonly Asked[];
  /** The calls that read the database. */
  readonly reading: readonly Asked[];
  readonly audiences: readonly Audience[];
  readonly hand: HandWorld;
}

const audienceSizes = [1, 100_000];
const campaignsOfAudience = 5;

/** Fills the database of a new server through its API and, where a request has a limit, by SQL. */
export async function createWorld(server: Dovecote, owner: Client, dataDir: string): Promise<World> {
  await seed(server);
  const { rows } = await owner.query<{ id: string; members: number }>(
    `select o.id, (select count(*)::int from member m where m.org_id = o.id) as members
       from organization o where o.name = 'Acme Demo'`,
  );
  const { id: orgId, members } = rows[0]!;
  await addMembers(owner, orgId, rowsInPage - members, 'page-');
  const key = { authorization: `Bearer ${server.apiKey}` };
  const byKey = await asked(keyCalls, transportTo(server), key);
  const admin = await Person.signIn(server.url, adminEmail);
  const { asked: byReader, ...reader } = await openInbox(server, owner, admin);
  return {
    fromMemory: (await asked(calls.slice(-1), transportTo(server), key)).map((one) => ({
      ...one,
      readsDatabase: false,
    })),
    reading: [...byKey, ...byReader],
    audiences: await openAudiences(owner, admin),
    hand: { databaseUrl: await ownerUrlOf(dataDir), orgId, reader },
  };
}

/** A member of another organization, so that the campaigns of the messages are not on the measured list. */
async function openInbox(
  server: Dovecote,
  owner: Client,
  admin: Person,
): Promise<{ orgId: string; userId: string; asked: Asked[] }> {
  await found(admin, 'Inbox');
  const { orgId, userId, email } = await readerWith(owner, rowsInPage, 'Inbox');
  const person = await Person.signIn(server.url, email);
  const { rows } = await owner.query<{ id: string }>('select id from delivery where user_id = $1 limit 1', [
    userId,
  ]);
  const { transport, credentials } = await person.in(orgId);
  return { orgId, userId, asked: await asked(readerCalls(rows[0]!.id), transport, credentials) };
}

async function openAudiences(owner: Client, admin: Person): Promise<Audience[]> {
  const { listCampaigns } = CampaignService.method;
  const call = {
    method: listCampaigns,
    request: create(listCampaigns.input, { pagination: { pageSize: campaignsOfAudience } }),
  };
  const all: Audience[] = [];
  for (const size of audienceSizes) {
    const orgId = await found(admin, `Audiences of ${size}`);
    if (size > 1) await addMembers(owner, orgId, size - 1, `${size}-`);
    const { transport } = await admin.in(orgId);
    const { rows } = await owner.query<{ id: string }>('select id from member where org_id = $1 limit 1', [
      orgId,
    ]);
    await createCampaigns(transport, [rows[0]!.id], campaignsOfAudience);
    if (size > 1) await everybody(owner, orgId, size);
    all.push({ size, transport, call });
  }
  return all;
}

/** All members are the audience of all campaigns; by SQL, as a request has a limit. */
async function everybody(owner: Client, orgId: string, size: number): Promise<void> {
  await owner.query('delete from campaign_audience_member where org_id = $1', [orgId]);
  await owner.query(
    `insert into campaign_audience_member (org_id, campaign_id, position, user_id)
     select $1, c.id, m.position, m.id from campaign c,
       (select id, row_number() over (order by id) as position from member where org_id = $1) m
      where c.org_id = $1`,
    [orgId],
  );
  await owner.query('update campaign set audience_size = $2 where org_id = $1', [orgId, size]);
  await owner.query('vacuum analyze campaign_audience_member, campaign');
}

/** Creates an organization and returns its id. */
export async function found(admin: Person, name: string): Promise<string> {
  const organizations = createClient(OrganizationService, await admin.transport());
  const { organization } = await organizations.createOrganization({ name });
  return organization!.id;
}

async function asked(
  some: readonly Call[],
  transport: Transport,
  credentials: Asked['credentials'],
): Promise<Asked[]> {
  const all: Asked[] = [];
  for (const call of some)
    all.push({
      name: call.method.name,
      call,
      credentials,
      answer: await answerOf(transport, call),
      readsDatabase: true,
    });
  return all;
}
