import { setStatement, type Statement, statement } from '../../../platform/database/index.js';
import {
  eraseBy,
  memberFile,
  organizationFile,
  type PersonalDataContribution,
} from '../../../platform/personal-data/index.js';
import type { Scope } from '../../../platform/scope/index.js';

const MESSAGES_AT_ONCE = 100;
const DELIVERIES_AT_ONCE = 1_000;

// Two indexes hold the deliveries of a person: with a rendered message, and without one.
const idsOf = (member: string): string =>
  `select id from delivery where org_id = $1 and user_id = ${member} and content_id is not null
   union all select id from delivery where org_id = $1 and user_id = ${member} and content_id is null`;

const object = `to_jsonb(d) - 'org_id' || jsonb_build_object('title', g.title, 'body', g.body)`;
const from = `from delivery d left join message g on g.org_id = d.org_id and g.content_id = d.content_id
  where d.org_id = $1`;

// In the order of ids alone, all deliveries of the organization would be read.
const deliveries = memberFile('deliveries', {
  category: 'deliveries',
  key: 'd.id',
  object,
  from: `${from} and d.id = any(array(${idsOf('$4')}))`,
});
const organizationDeliveries = organizationFile('organization_deliveries', { key: 'd.id', object, from });

const testMessages = memberFile('test_messages', {
  category: 'test_messages',
  key: 't.id',
  object: `to_jsonb(t) - 'org_id'`,
  from: 'from test_message t where t.org_id = $1 and t.user_id = $4',
});

// A message that was rendered for one member alone may contain personal data. One lookup for each message: in one join the
// planner would read the deliveries of all members as soon as one of them has received very many messages.
const receivedMessages = setStatement(
  'message.received',
  `with piece as (
     select distinct content_id from delivery where org_id = $1 and user_id = $2 and content_id > $3
      order by content_id limit $4)
   select content_id as id, (select true from delivery d
            where d.org_id = $1 and d.content_id = piece.content_id and d.user_id <> $2 limit 1) is null as own
     from piece order by content_id`,
);
const detachMessages = setStatement(
  'delivery.detach_messages',
  `update delivery set content_id = null where org_id = $1 and user_id = $2 and content_id = any($3)`,
);
// A message stays when another member has received it since it was read.
const eraseMessages = setStatement(
  'message.erase',
  `delete from message m where org_id = $1 and content_id = any($2)
      and not exists (select from delivery d where d.org_id = m.org_id and d.content_id = m.content_id)`,
);
// What others were told of the member: their copies are the member's messages.
const eraseCopies = setStatement(
  'delivery.erase_copies',
  `delete from delivery where org_id = $1 and id = any(array(
     select id from delivery where org_id = $1 and parent_delivery_id = any(array(${idsOf('$2')})) limit $3))`,
);
const eraseDeliveries = setStatement(
  'delivery.erase',
  `delete from delivery where org_id = $1 and id = any(array(
     select id from (${idsOf('$2')}) mine limit $3))`,
);
const erasePushes = setStatement(
  'push_outbox.erase',
  `delete from push_outbox where org_id = $1 and (user_id = $2 or delivery_id = any(array(${idsOf('$2')})))`,
);
const eraseSkips = setStatement(
  'delivery_skip.erase',
  `delete from delivery_skip where org_id = $1 and (user_id = $2 or delivery_id = any(array(${idsOf('$2')})))`,
);
const eraseTests = setStatement(
  'test_message.erase',
  'delete from test_message where org_id = $1 and user_id = $2',
);
const eraseInbox = statement('inbox.erase', 'delete from inbox where org_id = $1 and user_id = $2');

/** Erases, among the next messages of the member, those of no other member. Returns where the next piece begins. */
async function eraseOwnMessages(scope: Scope, userId: string, after: string): Promise<string | undefined> {
  const tx = await scope.tx();
  const values = [scope.orgId, userId, after, MESSAGES_AT_ONCE];
  const received = await tx.query<{ id: string; own: boolean }>(receivedMessages, values);
  const own = received.filter((message) => message.own).map(({ id }) => id);
  if (own.length > 0) {
    await tx.execute(detachMessages, [scope.orgId, userId, own]);
    await tx.execute(eraseMessages, [scope.orgId, own]);
  }
  return received.length < MESSAGES_AT_ONCE ? undefined : received.at(-1)?.id;
}

/** True when none is left. */
async function eraseSome(scope: Scope, erase: Statement, userId: string): Promise<boolean> {
  const { rowCount } = await (await scope.tx()).execute(erase, [scope.orgId, userId, DELIVERIES_AT_ONCE]);
  return (rowCount ?? 0) < DELIVERIES_AT_ONCE;
}

export const deliveryPersonalData: PersonalDataContribution = {
  files: [deliveries, testMessages],
  organizationFiles: [organizationDeliveries],
  async eraseFirst({ userId, anonymize }, { run, signal }) {
    while (!(await run((scope) => eraseSome(scope, eraseCopies, userId)))) signal.throwIfAborted();
    let after: string | undefined = '';
    while (after !== undefined) {
      signal.throwIfAborted();
      const place: string = after;
      after = await run((scope) => eraseOwnMessages(scope, userId, place));
    }
    if (!anonymize) while (!(await run((scope) => eraseSome(scope, eraseDeliveries, userId))));
  },
  // Skips and pushes are also written about members who have left, until the member is erased.
  erase: eraseBy(erasePushes, eraseSkips, eraseTests, eraseInbox),
};
