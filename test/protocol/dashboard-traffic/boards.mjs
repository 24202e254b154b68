// Boards and their tiles.
import { choose, open, person, settle, shoot } from './stage.mjs';

async function save(tab) {
  await tab.getByRole('button', { name: 'Save', exact: true }).click();
  await tab.getByRole('button', { name: 'Edit', exact: true }).waitFor();
  await settle(tab);
}

async function addTile(tab, template) {
  const more = tab.getByRole('button', { name: 'Add tile' });
  if (await more.isVisible()) await more.click();
  await tab.getByRole('button', { name: template }).click();
  await tab.waitForTimeout(600);
}

export async function keepBoard(stage, user) {
  const { tab } = user;
  const { recording } = stage;
  recording.begin('A board is made of templates');
  await open(user, `/p/${user.project}/dashboards`);
  await tab.getByRole('button', { name: 'New dashboard' }).first().click();
  await tab.waitForURL(/\/dashboards\/[\da-f-]{36}/);
  user.board = tab.url().split('/').at(-1).split('?')[0];
  await settle(tab);
  // A new board is opened to be edited.
  await tab.getByText('Add a tile').waitFor();
  const edit = tab.getByRole('button', { name: 'Edit', exact: true });
  for (const template of [
    /Daily active users/,
    /Signup → activation/,
    /Day-7 retention/,
    /Top events/,
    /Revenue/,
    /Big number/,
    /Text note/,
    /Custom chart/,
  ])
    await addTile(tab, template);
  await shoot(stage, user, 'board-edited');
  await save(tab);
  await shoot(stage, user, 'board-saved');

  recording.begin('Tiles of a board are edited, moved, duplicated and deleted');
  await edit.click();
  await tab.waitForTimeout(500);
  const handle = tab.locator('.tile-drag-handle').nth(1);
  const box = await handle.boundingBox();
  await tab.mouse.move(box.x + 5, box.y + 5);
  await tab.mouse.down();
  await tab.mouse.move(box.x - 300, box.y + 500, { steps: 12 });
  await tab.mouse.up();
  await tab.waitForTimeout(500);
  await tab.getByRole('button', { name: 'Duplicate', exact: true }).click();
  await tab.waitForTimeout(500);
  await tab.getByRole('button', { name: 'display', exact: true }).click();
  await tab
    .getByRole('button', { name: /Set icon/ })
    .first()
    .click();
  await tab
    .getByRole('button', { name: /Set accent/ })
    .first()
    .click();
  await tab.getByText('Borderless').click();
  await shoot(stage, user, 'tile-display');
  await tab.getByRole('button', { name: 'format', exact: true }).click();
  await shoot(stage, user, 'tile-format');
  // A duplicate has the name of its tile, and names occur once on a board.
  await tab.getByRole('button', { name: 'Save', exact: true }).click();
  await tab.getByText('must not have the same name').waitFor();
  await shoot(stage, user, 'tile-name-taken');
  await tab.locator('aside [contenteditable]').fill('Funnel of the week');
  await save(tab);

  recording.begin('Every view of a tile is kept, and a tile deleted');
  for (const view of ['Area', 'Bar', 'Pie', 'Table']) {
    await edit.click();
    await tab.getByRole('button', { name: 'display', exact: true }).click();
    const legend = tab.getByText('Show legend');
    if (await legend.isVisible()) await legend.click();
    await tab.locator('button', { hasText: /^view/ }).click();
    await tab
      .locator('[data-slot=popover-content] button', { hasText: new RegExp(`^${view}`) })
      .first()
      .click();
    await save(tab);
  }
  for (const type of ['Funnel', 'Retention', 'Top K', 'Map', 'User flow']) {
    await edit.click();
    await tab.locator('button', { hasText: /^insight/ }).click();
    await tab.locator('[data-slot=popover-content] button', { hasText: new RegExp(`^${type}$`) }).click();
    await tab.waitForTimeout(500);
    await save(tab);
  }
  await edit.click();
  await tab.getByRole('button', { name: 'Delete', exact: true }).click();
  await save(tab);
  await shoot(stage, user, 'tile-deleted');

  recording.begin('A board has a name, a range and a granularity');
  await edit.click();
  const title = tab.locator('[contenteditable=true], input, textarea').first();
  await title.fill('Numbers of the shop');
  await choose(tab, 'default range', '2 weeks');
  await choose(tab, 'default granularity', 'Week');
  await save(tab);
  await shoot(stage, user, 'board-named');
}

export async function shareBoard(stage, user) {
  const { tab } = user;
  stage.recording.begin('A board is shared, and its link opened signed out');
  await tab.getByRole('button', { name: 'Share', exact: true }).click();
  await tab.getByRole('switch').click();
  const link = await tab.locator('input[readonly]').inputValue();
  const visitor = await person(stage);
  const path = new URL(link).pathname;
  await open(visitor, path);
  await shoot(stage, visitor, 'shared');
  await choose(visitor.tab, 'granularity', 'Day');
  await settle(visitor.tab);
  stage.recording.begin('A board is private again, listed and deleted');
  await tab.getByRole('switch').click();
  await tab.locator('input[readonly]').waitFor({ state: 'detached' });
  await open(visitor, path);
  await visitor.tab.getByText('Dashboard not available').waitFor();
  await shoot(stage, visitor, 'no-longer-shared');
  await visitor.context.close();
  await open(user, `/p/${user.project}/dashboards/new`);
  await open(user, `/p/${user.project}/dashboards`);
  await shoot(stage, user, 'boards');
  const row = tab.locator('a', { hasText: 'Untitled dashboard' }).first();
  await row.hover();
  await row.getByLabel('Delete dashboard').click();
  await tab
    .getByRole('button', { name: /^Delete/ })
    .first()
    .click();
  await settle(tab);
}
