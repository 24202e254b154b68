import { describe, expect, test } from '@jest/globals';
import { Code } from '@connectrpc/connect';
import { Permission as P } from '@dovecote/contract/pidgr/v1/common_pb';
import { v7 as uuid } from 'uuid';
import { addApiKey } from './cast.js';
import { eventually } from './eventually.js';
import { members } from './members.js';
import { refusalOf } from './refusal.js';
import { idsOf, newName, type RosterSetting } from './roster-setting.js';
import { hireWith, type RosterTwin } from './rosters.js';

/** What teams and groups refuse alike. */
export function describeRosterRefusals(
  { word, of, ...permission }: RosterTwin,
  { stage, alice, max, erin, person, withMembers, defaultOf }: RosterSetting,
): void {
  const notFound = { code: Code.NotFound, reason: `${word.toUpperCase()}_NOT_FOUND` };
  const needsAllWrite = {
    code: Code.PermissionDenied,
    message: `This needs PERMISSION_${P[permission.writeAll]}.`,
  };

  describe(`a ${word} of another organization`, () => {
    test('looks absent, to read and to change', async () => {
      const { cast } = stage();
      const roster = await withMembers(cast.erin);
      const mallory = of(cast.mallory);
      for (const call of [
        () => mallory.get(roster.id),
        () => mallory.members(roster.id),
        () => mallory.update({ id: roster.id, name: 'Mine' }),
        () => mallory.delete(roster.id),
        () => mallory.add(roster.id, [cast.mallory.userId]),
        () => mallory.remove(roster.id, [cast.erin.userId]),
      ]) {
        expect(await refusalOf(call())).toMatchObject(notFound);
      }
      expect(idsOf((await mallory.list({ pageSize: 100 })).items)).not.toContain(roster.id);
      expect(await alice().get(roster.id)).toEqual(roster);
    });

    test('lends nobody out: foreign people are refused one by one, and nobody is added', async () => {
      const { cast } = stage();
      const roster = await withMembers();
      const people = [cast.erin.userId, cast.mallory.userId, cast.max.userId, uuid()];
      for (const id of [roster.id, (await defaultOf(cast.alice)).id]) {
        const refusal = await refusalOf(alice().add(id, people));
        expect(refusal).toMatchObject({
          code: Code.InvalidArgument,
          fields: ['user_ids[1]', 'user_ids[3]'],
        });
      }
      expect((await alice().get(roster.id)).memberCount).toBe(0);
    });

    test('names every one who cannot be added, whatever is wrong with them', async () => {
      const { cast } = stage();
      const roster = await withMembers();
      const people = ['x', cast.mallory.userId, cast.erin.userId, '', uuid()];
      expect(await refusalOf(alice().add(roster.id, people))).toMatchObject({
        code: Code.InvalidArgument,
        fields: [0, 1, 3, 4].map((index) => `user_ids[${index}]`),
      });
      expect((await alice().get(roster.id)).memberCount).toBe(0);
    });
  });

  describe(`a ${word} is refused`, () => {
    test('to whoever neither belongs to it nor may see all, as if it were not there', async () => {
      const roster = await withMembers();
      for (const call of [() => erin().get(roster.id), () => erin().members(roster.id)]) {
        expect(await refusalOf(call())).toMatchObject(notFound);
      }
      expect(idsOf((await erin().list({ pageSize: 100 })).items)).not.toContain(roster.id);
    });

    test('to the hands of those who only see it', async () => {
      const { cast } = stage();
      const roster = await withMembers(cast.max);
      for (const call of [
        () => max().update({ id: roster.id, description: 'Mine' }),
        () => max().delete(roster.id),
        () => max().add(roster.id, [cast.erin.userId]),
        () => max().remove(roster.id, [cast.max.userId]),
      ]) {
        expect(await refusalOf(call())).toMatchObject(needsAllWrite);
      }
      expect(await alice().get(roster.id)).toEqual(roster);
    });

    test('to its creator once they may no longer write', async () => {
      const { s, cast } = stage();
      const creator = await hireWith(s, cast, [permission.write]);
      const roster = await of(creator).create({ name: newName() });
      const { userId } = creator;
      await members(cast.alice).updateUserRole({ userId, roleId: cast.acme.roles.employee });
      const unseen = await eventually('the server has heard', () => refusalOf(of(creator).get(roster.id)));
      expect(unseen).toMatchObject(notFound);
      const refused = await refusalOf(of(creator).delete(roster.id));
      expect(refused).toMatchObject({ code: Code.PermissionDenied, reason: 'PERMISSION_MISSING' });
    });

    test('to the key that created it, unless it may write to all: a key is nobody', async () => {
      const { s, cast } = stage();
      const key = await addApiKey(s, cast.acme, [permission.write]);
      const roster = await of(key).create({ name: newName() });
      expect(roster.createdBy).toBe('');
      expect(await refusalOf(of(key).get(roster.id))).toMatchObject(notFound);
      expect((await of(key).list()).items).toEqual([]);
      expect(await of(cast.kiosk).update({ id: roster.id, description: 'x' })).toMatchObject({
        description: 'x',
      });
    });

    test('when the request makes no sense', async () => {
      const { id } = await alice().create({ name: newName() });
      const many = Array.from({ length: 101 }, () => uuid());
      for (const [call, field] of [
        [() => alice().create({ name: '' }), 'name'],
        [() => alice().create({ name: 'x'.repeat(201) }), 'name'],
        [() => alice().create({ name: 'x', description: 'x'.repeat(1001) }), 'description'],
        [() => alice().update({ id, name: 'x'.repeat(201) }), 'name'],
        [() => alice().get('x'), `${word}_id`],
        [() => alice().add(id, []), 'user_ids'],
        [() => alice().add(id, many), 'user_ids'],
        [() => alice().remove(id, many), 'user_ids'],
        [() => alice().add(id, ['x']), 'user_ids[0]'],
        [() => alice().list({ pageSize: -1 }), 'pagination.page_size'],
        [() => alice().members(id, { pageToken: 'x' }), 'pagination.page_token'],
      ] as const) {
        expect(await refusalOf(call())).toMatchObject({ code: Code.InvalidArgument, fields: [field] });
      }
    });

    test('when the name is taken, in whatever case', async () => {
      const name = newName();
      await alice().create({ name });
      const taken = { code: Code.AlreadyExists, reason: `${word.toUpperCase()}_EXISTS` };
      expect(await refusalOf(max().create({ name: name.toUpperCase() }))).toMatchObject(taken);
      const { id } = await alice().create({ name: newName() });
      expect(await refusalOf(alice().update({ id, name }))).toMatchObject(taken);
      const { cast } = stage();
      expect(await of(cast.mallory).create({ name })).toMatchObject({ name });
    });

    test('new members who have been shut out', async () => {
      const { cast } = stage();
      const roster = await withMembers();
      const gone = await person();
      await members(cast.alice).deactivateUser({ userId: gone.userId });
      const refusal = await refusalOf(alice().add(roster.id, [cast.erin.userId, gone.userId]));
      expect(refusal).toMatchObject({ code: Code.InvalidArgument, fields: ['user_ids[1]'] });
    });
  });
}
