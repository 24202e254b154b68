// The site of the demo, and the key of its pages.
import { KeyFamily } from '@dovecote/contract/dovecote/project/v1/project_pb';
import { note } from './stage.mjs';

export const NAME = 'Demo shop';

export async function projectOf(projects) {
  const { projects: known } = await projects.listProjects({});
  const found = known.find(({ name }) => name === NAME);
  if (found) note('it is there already');
  return found ?? (await projects.createProject({ name: NAME })).project;
}

export async function publicKeyOf(projects, projectId) {
  const { projectKeys } = await projects.listProjectKeys({ projectId });
  const found = projectKeys.find(({ family }) => family === KeyFamily.PUBLIC);
  if (found) return found.key;
  const { key } = await projects.createProjectKey({ projectId, family: KeyFamily.PUBLIC, name: 'Pages' });
  return key;
}
