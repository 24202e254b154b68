import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { PrivacyRequestStatus, PrivacyService } from '@dovecote/contract/pidgr/v1/privacy_pb';
import type { Actor } from '../support/cast.js';
import { eventually } from '../support/eventually.js';
import { type AudienceWorld, type Condition, startAudienceWorld } from '../support/audience-world.js';

let w: AudienceWorld;

beforeAll(async () => {
  w = await startAudienceWorld();
});
afterAll(() => w?.stop());

async function setProfile({ userId }: Pick<Actor, 'userId'>, profile: object): Promise<void> {
  await w.s.database.query('update member set profile = $2 where id = $1', [userId, JSON.stringify(profile)]);
}

async function erase({ userId, email }: Actor, anonymize: boolean): Promise<void> {
  const privacy = w.cast.alice.client(PrivacyService);
  const { requestId } = await privacy.deleteUserData({ userId, anonymize });
  await privacy.immediateDelete({ requestId, confirmationEmail: email });
  await eventually('the person is erased', async () => {
    const { requests } = await privacy.listPrivacyRequests({ pageSize: 100 });
    return requests.find(({ id }) => id === requestId)?.status === PrivacyRequestStatus.COMPLETED;
  });
}

const attribute = (name: string, ...values: string[]): Condition => ({
  case: 'attribute',
  value: { name, values },
});

async function storedRule(ruleId: string): Promise<string> {
  const [row] = await w.s.database.query<{ condition: object }>(
    'select condition from audience_rule where id = $1',
    [ruleId],
  );
  return JSON.stringify(row?.condition);
}

describe.each([
  ['deleted', false],
  ['anonymized', true],
] as const)('the erasure of a member who is %s', (what, anonymize) => {
  test('takes the values that are theirs alone out of rules, and no others', async () => {
    const [gone, stays] = await Promise.all([w.add(`gone-${what}`), w.add('stays')]);
    const number = `E-${what}`;
    const kept = `K-${what}`;
    const shared = `Shared ${what}`;
    await setProfile(gone, {
      ...{ employeeId: number, department: shared, managerName: 'Boss', firstName: 'Only' },
      customAttributes: { badge: `${number}-badge` },
    });
    await setProfile(stays, { employeeId: kept, department: shared, managerName: `gone-${what}` });
    const other = { id: '' };
    await w.s.database.query(`update member set profile = '{"employeeId": "${number}"}' where id = $1`, [
      w.cast.mallory.userId,
    ]);
    const { rule } = await w.audiences(w.cast.mallory).createAudienceRule({
      name: `Hers ${what}`,
      condition: { is: attribute('employee_id', number) },
    });
    other.id = rule?.id ?? '';
    const ruleId = await w.newRule({
      case: 'any',
      value: {
        conditions: [
          { is: attribute('employee_id', number.toLowerCase(), number, kept) },
          { is: attribute('department', shared) },
          { is: attribute('manager_name', `gone-${what}`) },
          { is: attribute('custom:badge', `${number}-badge`) },
          { is: attribute('custom:mail', gone.email, 'else@acme.example') },
        ],
      },
    });
    const untouched = await w.newRule(attribute('title', number));
    const before = await storedRule(untouched);
    await erase(gone, anonymize);
    expect(JSON.parse(await storedRule(ruleId))).toEqual({
      any: [
        { attribute: 'employee_id', values: [kept] },
        { attribute: 'department', values: [shared] },
        { attribute: 'manager_name', values: [`gone-${what}`] },
        { attribute: 'custom:badge', values: [] },
        { attribute: 'custom:mail', values: ['else@acme.example'] },
      ],
    });
    expect(await storedRule(untouched)).toBe(before);
    expect(await storedRule(other.id)).toContain(number);
    const { people } = await w.audiences().previewAudience({ include: { ruleIds: [ruleId] } });
    expect(people.map(({ userId }) => userId)).toEqual([stays.userId]);
    const shown = await w.audiences().getAudienceRule({ ruleId });
    expect(JSON.stringify(shown.rule?.condition)).not.toContain(number);
    const [event] = await w.s.database.query<{ metadata: object }>(
      `select metadata from audit_event where entity_id = $1 and event_type = 'AUDIENCE_RULE_UPDATED'`,
      [ruleId],
    );
    expect(event?.metadata).toEqual({ cause: 'erasure', values: '4' });
  });
});
