import { beforeAll, describe, expect, test } from '@jest/globals';
import { Code } from '@connectrpc/connect';
import { Permission as P } from '@dovecote/contract/pidgr/v1/common_pb';
import { OrganizationService } from '@dovecote/contract/pidgr/v1/organization_pb';
import { v7 as uuid } from 'uuid';
import { type Actor, addApiKey } from './cast.js';
import { auditOf, invite, members } from './members.js';
import { refusalOf } from './refusal.js';
import { describeRosterRefusals } from './roster-refusals.js';
import { idsOf, newName, settingOf, type Stage } from './roster-setting.js';
import { hireWith, type RosterMessage, type RosterTwin } from './rosters.js';

/** How teams and groups behave alike. */
export function describeRosters(twin: RosterTwin, stageOf: () => Stage): void {
  const { word, of, ...permission } = twin;
  const setting = settingOf(twin, stageOf);
  const { stage, alice, max, erin, person, withMembers, defaultOf } = setting;
  const notFound = { code: Code.NotFound, reason: `${word.toUpperCase()}_NOT_FOUND` };
  const isDefault = { code: Code.FailedPrecondition, reason: `${word.toUpperCase()}_IS_DEFAULT` };

  describeRosterRefusals(twin, setting);

  describe(`the default ${word}`, () => {
    let roster: RosterMessage;
    beforeAll(async () => {
      roster = await defaultOf(stage().cast.alice);
    });

    test('is neither renamed nor deleted, and loses nobody', async () => {
      const { cast } = stage();
      for (const call of [
        () => alice().update({ id: roster.id, name: 'Nobody' }),
        () => alice().delete(roster.id),
        () => alice().remove(roster.id, [cast.erin.userId]),
      ]) {
        expect(await refusalOf(call())).toMatchObject(isDefault);
      }
    });

    test('is described by those who may write to all', async () => {
      const change = { id: roster.id, name: roster.name, description: 'All of us' };
      expect(await refusalOf(max().update(change))).toMatchObject({
        code: Code.PermissionDenied,
        message: `This needs PERMISSION_${P[permission.writeAll]}.`,
      });
      expect(await alice().update(change)).toMatchObject({
        name: roster.name,
        description: 'All of us',
        isDefault: true,
        createdBy: '',
      });
    });

    test('is everybody who is invited or active, from the moment they are', async () => {
      const { cast } = stage();
      const before = (await erin().get(roster.id)).memberCount;
      const guest = await invite(cast.alice);
      const colleague = await person();
      const everybody = await erin().members(roster.id, { pageSize: 100 });
      expect(everybody.totalCount).toBe(before + 2);
      expect(idsOf(everybody.items).slice(0, 2)).toEqual([colleague.userId, guest.id]);
      expect(await alice().add(roster.id, [guest.id])).toMatchObject({ memberCount: before + 2 });

      await members(cast.alice).deactivateUser({ userId: colleague.userId });
      await members(cast.alice).revokeInvite({ userId: guest.id });
      expect((await erin().get(roster.id)).memberCount).toBe(before);
      const left = await erin().members(roster.id, { pageSize: 100 });
      expect(idsOf(left.items)).not.toEqual(expect.arrayContaining([colleague.userId]));
    });

    test('is there in an organization that somebody creates', async () => {
      const { s } = stage();
      const founder = await person();
      const answer = await founder.client(OrganizationService).createOrganization({ name: 'New' });
      const headers = { ...founder.headers, 'x-org-id': answer.organization?.id ?? '' };
      const there: Actor = { ...founder, client: (service) => s.client(service, headers) };
      expect(await defaultOf(there)).toMatchObject({ memberCount: 1, createdBy: '' });
    });
  });

  describe('two at once', () => {
    test('cannot both take a name', async () => {
      const name = newName();
      const outcomes = await Promise.allSettled([alice().create({ name }), max().create({ name })]);
      expect(outcomes.map(({ status }) => status).sort()).toEqual(['fulfilled', 'rejected']);
    });

    test('add the same people, and each is in once', async () => {
      const people = await Promise.all(Array.from({ length: 8 }, person));
      const userIds = people.map(({ userId }) => userId);
      const { id } = await alice().create({ name: newName() });
      const calls = Array.from({ length: 6 }, (_, call) =>
        alice().add(id, call % 2 ? userIds : userIds.toReversed()),
      );
      await Promise.all(calls);
      expect((await alice().get(id)).memberCount).toBe(8);
      const trail = await auditOf(stage().s, id);
      const counts = trail.slice(1).map(({ metadata }) => (metadata as { count: string }).count);
      expect(counts.map(Number).reduce((sum, count) => sum + count)).toBe(8);
    });

    test('add and remove the same people without waiting in a circle', async () => {
      const people = await Promise.all(Array.from({ length: 6 }, person));
      const userIds = people.map(({ userId }) => userId);
      const { id } = await withMembers(...people);
      await Promise.all(
        [0, 1, 2, 3].flatMap(() => [alice().remove(id, userIds.toReversed()), alice().add(id, userIds)]),
      );
      const { memberCount } = await alice().get(id);
      expect((await alice().members(id, { pageSize: 100 })).totalCount).toBe(memberCount);
    });

    test('come and go, and everybody who is there is counted once', async () => {
      const { s, cast } = stage();
      const [first, second] = [await person(), await person()];
      await Promise.all([
        members(cast.alice).deactivateUser({ userId: first.userId }),
        ...[1, 2, 3, 4].map(() => invite(cast.alice)),
        members(cast.alice).deactivateUser({ userId: second.userId }),
      ]);
      await members(cast.alice).reactivateUser({ userId: first.userId });
      const [counted] = await s.database.query<{ count: number }>(
        'select count(*)::int as count from member where org_id = $1 and status in (1, 2)',
        [cast.acme.id],
      );
      expect((await defaultOf(cast.alice)).memberCount).toBe(counted?.count);
    });

    test('keep each other’s changes', async () => {
      const { id } = await alice().create({ name: newName() });
      const name = newName();
      await Promise.all([alice().update({ id, name }), alice().update({ id, description: 'Both' })]);
      expect(await alice().get(id)).toMatchObject({ name, description: 'Both' });
    });

    test('delete it once; who adds people meanwhile is told that it is gone, or was in time', async () => {
      const { id } = await alice().create({ name: newName() });
      const { userId } = stage().cast.erin;
      const [added, ...deleted] = await Promise.allSettled([
        alice().add(id, [userId]),
        alice().delete(id),
        alice().delete(id),
      ]);
      expect(deleted.map(({ status }) => status).sort()).toEqual(['fulfilled', 'rejected']);
      for (const outcome of [added, ...deleted]) {
        if (outcome.status === 'fulfilled') continue;
        expect(await refusalOf(Promise.reject(outcome.reason as Error))).toMatchObject(notFound);
      }
    });

    test('add people and revoke their invitations: nobody stays who is not there', async () => {
      const { cast } = stage();
      const guests = await Promise.all([0, 1, 2].map(() => invite(cast.alice)));
      const { id } = await alice().create({ name: newName() });
      const [added] = await Promise.allSettled([
        alice().add(id, idsOf(guests)),
        ...guests.map((guest) => members(cast.alice).revokeInvite({ userId: guest.id })),
      ]);
      if (added.status === 'rejected') {
        const { code } = await refusalOf(Promise.reject(added.reason as Error));
        expect(code).toBe(Code.InvalidArgument);
      }
      expect(await alice().get(id)).toMatchObject({ memberCount: 0 });
    });
  });

  describe(`a ${word}`, () => {
    test('is created empty and belongs to its creator, who is not in it', async () => {
      const { s, cast } = stage();
      const creator = await hireWith(s, cast, [permission.write]);
      const name = newName();
      const roster = await of(creator).create({ name, description: 'Why' });
      expect(roster).toMatchObject({
        name,
        description: 'Why',
        memberCount: 0,
        isDefault: false,
        createdBy: creator.userId,
      });
      expect(await of(creator).get(roster.id.toUpperCase())).toEqual(roster);
      const { items } = await of(creator).list();
      expect(items.map(({ name }) => name)).toEqual([name, (await defaultOf(cast.alice)).name]);
      expect(await of(creator).add(roster.id, [cast.erin.userId])).toMatchObject({ memberCount: 1 });
      await of(creator).delete(roster.id);
      const trail = await auditOf(s, roster.id);
      const event = word.toUpperCase();
      expect(trail).toMatchObject([
        { event_type: `${event}_CREATED`, actor_id: creator.userId, entity_type: word, metadata: { name } },
        { event_type: `${event}_MEMBERS_ADDED`, metadata: { count: '1', user_ids_1: cast.erin.userId } },
        { event_type: `${event}_DELETED`, org_id: cast.acme.id },
      ]);
    });

    test('keeps what an update leaves empty', async () => {
      const roster = await alice().create({ name: newName(), description: 'Before' });
      const name = newName();
      const renamed = await alice().update({ id: roster.id, name });
      expect(renamed).toMatchObject({ name, description: 'Before', createdAt: roster.createdAt });
      const described = await alice().update({ id: roster.id, description: 'After' });
      expect(described).toMatchObject({ name, description: 'After' });
      expect((await auditOf(stage().s, roster.id)).map(({ event_type }) => event_type)).toEqual(
        ['CREATED', 'UPDATED', 'UPDATED'].map((event) => `${word.toUpperCase()}_${event}`),
      );
    });

    test('takes everybody once and lets go of whoever is in it', async () => {
      const people = await Promise.all(Array.from({ length: 15 }, person));
      const userIds = people.map(({ userId }) => userId);
      const { id } = await alice().create({ name: newName() });
      expect(await alice().add(id, [...userIds, userIds[0]?.toUpperCase() ?? ''])).toMatchObject({
        memberCount: 15,
      });
      expect(await alice().add(id, userIds.slice(0, 3))).toMatchObject({ memberCount: 15 });
      const [leaving = '', ...staying] = userIds;
      expect(await alice().remove(id, [leaving, uuid()])).toMatchObject({ memberCount: 14 });
      expect(await alice().remove(id, [leaving.toUpperCase()])).toMatchObject({ memberCount: 14 });
      const { items } = await alice().members(id, { pageSize: 100 });
      expect(idsOf(items).sort()).toEqual(staying.sort());
      const [, added, again, removed, nobody] = await auditOf(stage().s, id);
      const { count, ...named } = added?.metadata as Record<string, string>;
      expect(count).toBe('15');
      expect(Object.values(named).join(',').split(',').sort()).toEqual(userIds.sort());
      expect(Object.values(named).every((value) => value.length <= 500)).toBe(true);
      expect(again).toMatchObject({ metadata: { count: '0' } });
      expect(removed).toMatchObject({ metadata: { count: '1', user_ids_1: leaving } });
      expect(nobody).toMatchObject({ metadata: { count: '0' } });
    });

    test('shows its members to each other, and their records to those who may read members', async () => {
      const { cast } = stage();
      const roster = await withMembers(cast.erin, cast.max);
      expect(await erin().get(roster.id)).toEqual(roster);
      expect(idsOf((await erin().list({ pageSize: 100 })).items)).toContain(roster.id);
      const { items: colleagues } = await erin().members(roster.id);
      const colleague = colleagues.find(({ id }) => id === cast.max.userId);
      expect(colleague).toMatchObject({ email: cast.max.email, status: 2 });
      expect([colleague?.role, colleague?.profile, colleague?.roleId]).toEqual([undefined, undefined, '']);
      const { items: records } = await max().members(roster.id);
      expect(records.find(({ id }) => id === cast.erin.userId)).toMatchObject({ role: { slug: 'employee' } });
    });

    test.each(['readAll', 'writeAll'] as const)('is seen by a key that may %s', async (right) => {
      const { s, cast } = stage();
      const roster = await withMembers(cast.erin);
      const key = of(await addApiKey(s, cast.acme, [permission[right]]));
      expect(await key.get(roster.id)).toEqual(roster);
      expect(idsOf((await key.members(roster.id)).items)).toEqual([cast.erin.userId]);
      expect(idsOf((await key.list({ pageSize: 1 })).items)).toEqual([roster.id]);
    });

    test('keeps those who are shut out, for the day they come back', async () => {
      const { cast } = stage();
      const colleague = await person();
      const { id } = await withMembers(colleague);
      await members(cast.alice).deactivateUser({ userId: colleague.userId });
      expect((await alice().get(id)).memberCount).toBe(1);
      expect((await alice().members(id)).items).toMatchObject([{ id: colleague.userId, status: 3 }]);
    });
  });

  describe('pages', () => {
    test(`of ${word}s: newest first, each once, in view of all or of one’s own`, async () => {
      const { cast } = stage();
      const created: string[] = [];
      for (let count = 0; count < 5; count += 1) created.unshift((await withMembers(cast.erin)).id);
      for (const who of [cast.erin, cast.max]) {
        const seen: string[] = [];
        let pageToken = '';
        do {
          const page = await of(who).list({ pageSize: 3, pageToken });
          expect(page.items.length).toBeLessThanOrEqual(3);
          seen.push(...idsOf(page.items));
          ({ nextPageToken: pageToken } = page);
          if (!pageToken) expect(seen).toHaveLength(page.totalCount);
        } while (pageToken);
        expect(seen.slice(0, 5)).toEqual(created);
        expect(seen.at(-1)).toBe((await defaultOf(cast.alice)).id);
        expect(new Set(seen).size).toBe(seen.length);
      }
      const { nextPageToken: pageToken } = await max().list({ pageSize: 1 });
      expect((await refusalOf(erin().list({ pageToken }))).code).toBe(Code.InvalidArgument);
    });

    test('of members', async () => {
      const people = await Promise.all(Array.from({ length: 5 }, person));
      const roster = await withMembers(...people);
      for (const { id, memberCount } of [roster, await defaultOf(stage().cast.alice)]) {
        const seen: string[] = [];
        let pageToken = '';
        do {
          const page = await alice().members(id, { pageSize: 2, pageToken });
          expect(page.totalCount).toBe(memberCount);
          seen.push(...idsOf(page.items));
          pageToken = page.nextPageToken;
        } while (pageToken);
        expect(new Set(seen).size).toBe(memberCount);
      }
    });
  });
}
