// What do lists of a million people cost, beside SQL by hand?
import { askedOfLists, askedOfPeople } from './profiles/asked.js';
import { everybody, filtered } from './profiles/filters.js';
import { makePeople } from './profiles/people.js';
import { streamWhole, wholeTable } from './profiles/whole.js';
import { type AnalyticsWorld, withAnalytics } from './support/analytics-world.js';
import {
  type Asked,
  besideHand,
  type Compared,
  comparedNotes,
  comparedTable,
} from './support/beside-hand.js';
import type { Effort } from './support/effort.js';
import { figure, type Report } from './support/report.js';

/** The lists that are read to their end: all people, and a filter that few of them meet. */
const whole = [everybody, ...filtered.filter(({ name }) => name === 'a trait contains')];

export async function answerProfiles({ profiles, passes }: Effort): Promise<Report> {
  return withAnalytics(async (world) => {
    const made = await makePeople(world, profiles);
    const lists = await compareAll(world, askedOfLists(world), passes);
    const people = await compareAll(world, askedOfPeople(world, made), passes);
    const streamed = [];
    for (const list of whole) streamed.push(await streamWhole(world, list));
    const size = `${figure(made.profiles)} profiles`;
    return {
      title: 'What do lists of people cost?',
      method: [
        'The list of shared.profiles.v1 and single persons, with traits and what they did, through the server’s port with the',
        'generated client, against SQL that is written by hand for them, on the same databases and rows in the same run, with',
        `equal answers. Medians of ${passes} passes, in turns; the server forgets its answers before each.`,
      ].join('\n'),
      tables: [
        comparedTable(`${size}: the first message of a list, 100 people`, lists),
        comparedTable(`${size}: one person`, people),
        wholeTable(streamed),
      ],
      notes: [
        `${size} with three ids each, ${figure(made.others)} persons without one, ${figure(made.events)} events; made in ${figure(made.seconds)} s. The databases make the rows; those of the analytics store are the ones that the product’s mirror writes, which is checked.`,
        ...comparedNotes,
        'Whole lists are read once, message by message of 100. By hand everybody’s events are summed up in one statement, and profiles are read from PostgreSQL 10,000 at a time.',
      ],
    };
  });
}

async function compareAll(
  world: AnalyticsWorld,
  asked: readonly Asked[],
  passes: number,
): Promise<Compared[]> {
  const compared: Compared[] = [];
  for (const one of asked) compared.push(await besideHand(world, one, passes));
  return compared;
}
