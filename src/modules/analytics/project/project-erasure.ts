import {
  analyticsDeletion,
  type AnalyticsStore,
  events,
  personAliases,
  profiles,
  sql,
} from '../../../platform/analytics-store/index.js';

/** Every row of the project: the store adds the project to the condition. */
const every = () => sql`1`;

const erasures = [
  analyticsDeletion({ name: 'project.erase_events', table: events, where: every, examples: [undefined] }),
  analyticsDeletion({
    name: 'project.erase_aliases',
    table: personAliases,
    where: every,
    examples: [undefined],
  }),
  analyticsDeletion({ name: 'project.erase_profiles', table: profiles, where: every, examples: [undefined] }),
];

/** Deletes what the analytics store keeps of a project whose organization may be deleted, too. */
export async function eraseProject(
  store: AnalyticsStore,
  number: number,
  signal: AbortSignal,
): Promise<void> {
  const owner = { orgId: '', project: { number }, signal };
  for (const erasure of erasures) await store.delete(owner, erasure, undefined);
}
