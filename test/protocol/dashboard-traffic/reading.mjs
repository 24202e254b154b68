// Pages that are read, and questions that are asked.
import { addressOf, questions } from './questions.mjs';
import { open, settle, shoot } from './stage.mjs';

export async function readPages(stage, user) {
  for (const path of [
    'overview',
    'live',
    'events',
    'profiles',
    'profiles/user-1',
    'profiles/user-1/events',
    'profiles/user-1/sessions',
    'profiles/user-1/properties',
    'profiles/user-11',
    'members',
    'settings/organization',
    'settings/account',
    'settings/usage',
  ]) {
    stage.recording.begin(`The page ${path}`);
    await open(user, `/p/${user.project}/${path}`);
    await shoot(stage, user, path.replaceAll('/', '-'));
  }
}

export async function askInsights(stage, user) {
  for (const [name, asked] of Object.entries(questions)) {
    stage.recording.begin(`Insights: ${name}`);
    for (const question of asked)
      await open(user, `/p/${user.project}/${addressOf(question, stage.recordedAt)}`);
    await shoot(stage, user, `insights-${name.replaceAll(/\W+/g, '-')}`);
  }
  stage.recording.begin('Insights: a filter is built, with the values that there are');
  const { tab } = user;
  await open(user, `/p/${user.project}/${addressOf(questions['every measure'][0], stage.recordedAt)}`);
  await tab.getByRole('button', { name: 'Filter', exact: true }).first().click();
  await tab.getByPlaceholder('Filter by property...').fill('plan');
  await tab.getByRole('option', { name: /plan/ }).first().click();
  await tab.getByText('equals', { exact: true }).click();
  await settle(tab);
  await tab.getByRole('option', { name: /free/ }).first().click();
  await settle(tab);
  await shoot(stage, user, 'filter-built');
  stage.recording.begin('Events are filtered and paged');
  await open(
    user,
    `/p/${user.project}/events?${new URLSearchParams({ ef: JSON.stringify([{ kind: 'purchase', filters: [] }]) })}`,
  );
  await tab.mouse.move(700, 700);
  for (let turn = 0; turn < 6; turn += 1) await tab.mouse.wheel(0, 4_000);
  await settle(tab);
  await shoot(stage, user, 'events-filtered');
}
